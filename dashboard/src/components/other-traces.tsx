import type { ReactNode } from 'react'
import type { WireTrace } from '../../../analyzer/api/wire.ts'
import { Link } from './link.tsx'

interface OtherTracesProps {
  readonly trace: WireTrace
  readonly span: string
}

/** LiteLLM sometimes splits one request over two traces: the others are a click away. */
export function OtherTraces({ trace, span }: OtherTracesProps): ReactNode {
  const others = new Set(trace.requests.flatMap((request) => request.traceIds))
  others.delete(trace.traceId)
  const isElsewhere = span !== '' && !trace.spans.some(({ spanId }) => spanId === span)
  if (others.size === 0 && !isElsewhere) return null
  return (
    <p className="other-traces">
      {isElsewhere && (
        <>
          Span <code>{span}</code> is not in this trace.{' '}
        </>
      )}
      {others.size > 0 && 'The request also spans '}
      {[...others].map((traceId) => (
        <Link key={traceId} to={{ page: 'trace', id: traceId, span: isElsewhere ? span : '' }}>
          <code>{traceId}</code>
        </Link>
      ))}
    </p>
  )
}
