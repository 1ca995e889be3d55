import type { ReactNode } from 'react'
import type { WireAttempt } from '../../../analyzer/api/wire.ts'
import { ATTEMPT_STATUS_WORDS } from '../lib/words.ts'
import { Glyph, type GlyphName } from './glyph.tsx'

const GLYPHS: Readonly<Record<WireAttempt['status'], GlyphName>> = {
  ok: 'check',
  failed: 'cross',
  cancelled: 'leave',
  unknown: 'question',
}

export function AttemptMark({ status }: { readonly status: WireAttempt['status'] }): ReactNode {
  return (
    <span className="mark" data-tone={status}>
      <Glyph name={GLYPHS[status]} />
      {ATTEMPT_STATUS_WORDS[status]}
    </span>
  )
}
