import type { ReactNode } from 'react'
import type { WireRequest } from '../../../analyzer/api/wire.ts'
import { describeTarget } from '../lib/root-cause.ts'
import { ATTEMPT_STATUS_WORDS } from '../lib/words.ts'
import { Glyph } from './glyph.tsx'

const GLYPHS = { ok: 'check', failed: 'cross', cancelled: 'leave', unknown: 'question' } as const

/** The attempts of a request in one line. */
export function ChainLine({ request }: { readonly request: WireRequest }): ReactNode {
  if (request.attempts.length === 0) return <p className="chain-line">no upstream call seen</p>
  return (
    <ol className="chain-line" aria-label="Attempts">
      {request.attempts.map((attempt) => (
        <li key={attempt.number} data-tone={attempt.status}>
          <Glyph name={GLYPHS[attempt.status]} />
          <span className="visually-hidden">{ATTEMPT_STATUS_WORDS[attempt.status]}: </span>
          {describeTarget(attempt)}
          {attempt.status === 'failed' && attempt.reason !== undefined && (
            <small>{attempt.reason}</small>
          )}
        </li>
      ))}
    </ol>
  )
}
