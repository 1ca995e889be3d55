import type { ReactNode } from 'react'
import type { WireRequest } from '../../../analyzer/api/wire.ts'
import { describeCaller } from '../lib/caller.ts'
import { describeComplete } from '../lib/client-saw.ts'
import { isErrorMasked } from '../lib/root-cause.ts'
import { ErrorText } from './error-text.tsx'
import { Glyph } from './glyph.tsx'
import { OutcomeMark } from './marks.tsx'

/** What stood at the other end of the wire. What no span tells is said to be unknown. */
export function ClientView({ request }: { readonly request: WireRequest }): ReactNode {
  const { statusCode, errorType, message, complete } = request.clientSaw
  const caller = describeCaller(request.caller)
  const isSuccess = statusCode !== undefined && statusCode < 300
  return (
    <div className="client-view">
      <dl>
        <dt>Status</dt>
        <dd>
          {statusCode === undefined ? (
            <Unknown />
          ) : (
            <b className="status-code">HTTP {statusCode}</b>
          )}
          {isSuccess && complete === false && <span className="warning">promised success</span>}
        </dd>
        <dt>Error</dt>
        <dd>{errorType === undefined || errorType === '' ? 'None shown' : <b>{errorType}</b>}</dd>
        <dt>Complete</dt>
        <dd data-tone={complete === false ? 'failed' : undefined}>{describeComplete(complete)}</dd>
        <dt>Outcome</dt>
        <dd>
          <OutcomeMark outcome={request.outcome} />
        </dd>
        {caller !== undefined && (
          <>
            <dt>Caller</dt>
            <dd>{caller}</dd>
          </>
        )}
      </dl>
      <ErrorText text={message} />
      {isErrorMasked(request) && (
        <p className="masked">
          <Glyph name="triangle" />
          This is not what really failed: the root cause is on the left.
        </p>
      )}
    </div>
  )
}

function Unknown(): ReactNode {
  return <span className="unknown">The spans cannot tell</span>
}
