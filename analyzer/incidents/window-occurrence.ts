import { createHash } from 'node:crypto'

import type { RuledWindow } from '../rules/window/judge-window.ts'
import { MINUTE_MS } from '../rules/window/route-minute.ts'
import { fingerprintWindow } from './fingerprint.ts'
import type { Occurrence } from './occurrence.ts'

/**
 * A minute in which a window rule found something is one occurrence. Its id follows from what it is
 * about: found twice, it is the same one.
 */
export function toWindowOccurrence(window: RuledWindow): Occurrence {
  const { rule, source, route, target, provider, reason, minute } = window
  const { severity, confidence, title, summary } = window
  const about = JSON.stringify([rule, source, route, target, minute])
  return {
    storyId: `window-${createHash('sha256').update(about).digest('hex').slice(0, ID_DIGITS)}`,
    fingerprint: fingerprintWindow(window),
    // Its first moment: it may be judged before it is over.
    atMs: minute * MINUTE_MS,
    rule,
    severity,
    confidence,
    title,
    summary,
    rootCause: { target, ...(provider !== '' && { provider }), reason },
  }
}

const ID_DIGITS = 32
