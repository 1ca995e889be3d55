import type { ReactNode } from 'react'
import type { WireAttempt, WireRequest } from '../../../analyzer/api/wire.ts'
import { formatDurationMs } from '../lib/format-duration.ts'
import { describeFailure, describeTarget, findRootCause } from '../lib/root-cause.ts'
import { KIND_WORDS, PHASE_WORDS } from '../lib/words.ts'
import { Link } from './link.tsx'
import { AttemptMark } from './attempt-mark.tsx'
import { ErrorText } from './error-text.tsx'

/** Every upstream call in order; what came after the root cause hangs under it. */
export function AttemptChain({ request }: { readonly request: WireRequest }): ReactNode {
  const rootCause = findRootCause(request)
  if (request.attempts.length === 0) {
    return <p className="panel-empty">No upstream call was made, or no span tells of one.</p>
  }
  return (
    <ol className="chain">
      {request.attempts.map((attempt) => (
        <li
          key={attempt.number}
          className="attempt"
          data-root-cause={attempt === rootCause ? '' : undefined}
          data-consequence={isAfter(attempt, rootCause) ? '' : undefined}
        >
          <AttemptHead attempt={attempt} traceId={request.traceId} />
          {attempt === rootCause && <p className="root-cause">Root cause</p>}
          {attempt.status !== 'ok' && <AttemptFailure attempt={attempt} />}
        </li>
      ))}
    </ol>
  )
}

interface AttemptHeadProps {
  readonly attempt: WireAttempt
  readonly traceId: string
}

function AttemptHead({ attempt, traceId }: AttemptHeadProps): ReactNode {
  const { number, kind, route, durationMs, spanId } = attempt
  return (
    <div className="attempt-head">
      <span className="attempt-number">{number}</span>
      <span className="attempt-target">{describeTarget(attempt)}</span>
      <AttemptMark status={attempt.status} />
      <span className="attempt-facts">
        {KIND_WORDS[kind]}
        {route !== undefined && ` on ${route}`}
        {durationMs !== undefined && ` · ${formatDurationMs(durationMs)}`}
        {spanId !== undefined && (
          <>
            {' · '}
            <Link to={{ page: 'trace', id: traceId, span: spanId }}>span</Link>
          </>
        )}
      </span>
    </div>
  )
}

function AttemptFailure({ attempt }: { readonly attempt: WireAttempt }): ReactNode {
  return (
    <div className="attempt-failure">
      <p className="attempt-error">
        <b>{describeFailure(attempt)}</b>
        <span>{PHASE_WORDS[attempt.phase]}</span>
        {attempt.reason !== undefined && <code>{attempt.reason}</code>}
      </p>
      <ErrorText text={attempt.message} />
    </div>
  )
}

function isAfter(attempt: WireAttempt, rootCause: WireAttempt | undefined): boolean {
  return rootCause !== undefined && attempt.number > rootCause.number
}
