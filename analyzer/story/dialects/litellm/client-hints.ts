import type { Outcome } from '../../../../collector/vocabulary.ts'
import { isError, text } from '../../attributes.ts'
import type { Span } from '../../span.ts'
import type { Evidence } from '../../story.ts'
import { errorOf } from './call.ts'
import type { ClientHints } from './reading.ts'
import { wireStatus } from './wire-facts.ts'

export interface ClientSigns {
  readonly server: Span | undefined
  /** The web framework's span: the status that really went out. */
  readonly wire: Span | undefined
  /** v1's `Failed Proxy Server Request`: the very text that the client got. */
  readonly failure: Span | undefined
  readonly outcome: Outcome
}

export function clientHints({ server, wire, failure, outcome }: ClientSigns): ClientHints {
  const told = server !== undefined && isError(server) ? errorOf(server) : undefined
  // An empty text is a fact too: the client was told nothing.
  const shown = failure?.attributes.get('exception')
  const message = typeof shown === 'string' ? shown : told?.message
  const failed = outcome === 'failed' || outcome === 'rejected'
  return {
    statusCode: wireStatus(wire) ?? wireStatus(server),
    errorType: failed ? told?.type : undefined,
    message: failed ? message : undefined,
    errorShown:
      failure !== undefined ? true : failed ? true : outcome === 'unknown' ? 'unknown' : false,
    evidence: evidenceOf(server, failure),
  }
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
