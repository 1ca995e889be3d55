import type { Outcome } from '../../../../../collector/vocabulary.ts'
import { hasAny, isError, text } from '../../../attributes.ts'
import type { Span } from '../../../span.ts'
import type { Evidence } from '../../../story.ts'
import { errorOf } from './call.ts'
import { isLitellm } from '../span-kinds.ts'
import type { ClientHints } from './reading.ts'
import { wireStatus } from './wire-facts.ts'

export interface ClientSigns {
  readonly server: Span | undefined
  /** The web framework's span: the status that really went out. */
  readonly wire: Span | undefined
  /** v1's `Failed Proxy Server Request`: the very text that the client got. */
  readonly failure: Span | undefined
  readonly outcome: Outcome
  /** Then the status of the error is the one that went out. */
  readonly failedBeforeHeaders: boolean
}

export function clientHints({
  server,
  wire,
  failure,
  outcome,
  failedBeforeHeaders,
}: ClientSigns): ClientHints {
  const told = server !== undefined && isError(server) ? errorOf(server) : undefined
  // An empty text is a fact too: the client was told nothing.
  const shown = failure?.attributes.get('exception')
  const message = typeof shown === 'string' ? shown : told?.message
  // On v1's own root an error's status stands where the wire may have said 200 (measured iv.8).
  const ownRoot = server !== undefined && isLitellm(server)
  const untold = ownRoot && outcome === 'failed' && !failedBeforeHeaders
  const statusCode = wireStatus(wire) ?? (untold ? undefined : wireStatus(server))
  const failed = outcome === 'failed' || outcome === 'rejected'
  return {
    statusCode,
    errorType: failed ? shownType(message, told?.type) : undefined,
    message: failed ? message : undefined,
    errorStatusCode: failed && server !== undefined ? errorStatusOf(server) : undefined,
    errorShown:
      failure !== undefined ? true : failed ? true : outcome === 'unknown' ? 'unknown' : false,
    evidence: evidenceOf(server, failure),
  }
}

/**
 * Since 1.85 the request's span tells the status of the error that the client read; before, it
 * carries the attempt's own.
 */
function errorStatusOf(server: Span): number | undefined {
  if (!isError(server) || hasAny(server.attributes, 'gen_ai.response.')) return undefined
  const status = errorOf(server).statusCode ?? (isLitellm(server) ? wireStatus(server) : undefined)
  return status !== undefined && status >= 400 ? status : undefined
}

/**
 * The class that the text itself begins with: the root of an old release carries the upstream's,
 * and a `ProxyException` only wraps it.
 */
function shownType(message: string | undefined, type: string | undefined): string | undefined {
  const named = /^litellm\.(?:exceptions\.)?([A-Za-z]{1,64}): /u.exec(message ?? '')?.[1]
  return named ?? type
}

function evidenceOf(server: Span | undefined, failure: Span | undefined): readonly Evidence[] {
  const evidence: Evidence[] = []
  if (failure !== undefined) {
    evidence.push({
      spanId: failure.spanId,
      key: 'exception',
      value: text(failure.attributes, 'exception') ?? '',
    })
  }
  if (server !== undefined) {
    evidence.push({ spanId: server.spanId, key: 'status', value: server.status.code })
    const status = wireStatus(server)
    if (status !== undefined) {
      evidence.push({ spanId: server.spanId, key: 'http status', value: String(status) })
    }
  }
  return evidence
}
