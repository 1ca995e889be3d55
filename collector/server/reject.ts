import type { Recorder } from '../routing/recorder.ts'
import type { Api } from '../vocabulary.ts'
import type { Exchange } from './exchange.ts'
import { protocolOf } from '../protocol/index.ts'
import { ownError } from '../routing/client-error.ts'
import { requestStart } from './exchange.ts'

export interface Rejection {
  readonly api: Api
  readonly statusCode: number
  readonly message: string
  readonly code?: string
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers a model call that is never routed, in its own protocol, and records that it came. */
export function rejectWith(recorder: Recorder, exchange: Exchange, rejection: Rejection): void {
  const { request, reply } = exchange
  const recorded = recorder.startRequest(requestStart(rejection.api, request))
  const body = errorBody({ ...rejection, requestId: recorded.traceId })
  void reply
    .code(rejection.statusCode)
    .headers({
      'content-type': 'application/json; charset=utf-8',
      'x-secondwind-trace-id': recorded.traceId,
      'x-secondwind-attempts': '0',
      ...rejection.headers,
    })
    .send(body)
  recorded.end({
    stream: false,
    outcome: 'rejected',
    attempts: 0,
    fallbacksConfigured: [],
    fallbacksDisabled: false,
    targetsSkipped: [],
    client: {
      statusCode: rejection.statusCode,
      errorType: ownError(rejection, rejection.api).type,
      errorAttempt: 0,
      message: rejection.message,
      complete: false,
      closingFrameAdded: false,
      envelopes: 0,
      bytes: body.length,
    },
    headerHoldExpired: false,
  })
}

/** An error of ours in the client's protocol. */
export function errorBody(
  rejection: Omit<Rejection, 'headers'> & { readonly requestId?: string },
): Buffer {
  const { api, requestId } = rejection
  const error = ownError(rejection, api)
  return Buffer.from(
    protocolOf(api).encodeError({ ...error, ...(requestId !== undefined && { requestId }) }),
  )
}
