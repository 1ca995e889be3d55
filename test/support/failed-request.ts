import { ATTR_OUTCOME, ATTR_ROUTE, ATTR_SCHEMA, SCOPE_NAME } from '../../collector/vocabulary.ts'
import { buildSpan, protobufRequest } from './otlp.ts'

export interface FailedRequest {
  /** Two digits or more; the trace's id is made of them. */
  readonly trace?: string
  readonly route?: string
  /** When it ended. */
  readonly atMs?: number
}

/** One request of the sidecar's that failed, as it exports it: it opens an incident. */
export function failedRequest({
  trace = 'a1',
  route = 'claude-primary',
  atMs = Date.now(),
}: FailedRequest = {}): Uint8Array {
  const span = buildSpan({
    traceId: trace.padStart(32, '0'),
    spanId: trace.padStart(16, '0'),
    name: 'POST /v1/chat/completions',
    kind: 'server',
    scope: { name: SCOPE_NAME, version: '' },
    startTimeNs: BigInt(atMs - 5) * 1_000_000n,
    endTimeNs: BigInt(atMs) * 1_000_000n,
    attributes: { [ATTR_SCHEMA]: 1, [ATTR_OUTCOME]: 'failed', [ATTR_ROUTE]: route },
  })
  return protobufRequest([span])
}
