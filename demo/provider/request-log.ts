import type { Continuation, Turn } from './answer-text.ts'

/** What the provider was asked and how that ended: the demo's tests hold the sidecar against it. */
export interface ReceivedRequest {
  /** From 1, in the order of arrival. */
  readonly number: number
  readonly protocol: 'chat' | 'responses' | 'messages'
  readonly model: string
  readonly stream: boolean
  readonly headers: ReadonlyMap<string, string>
  readonly turns: readonly Turn[]
  readonly lastRole: string
  readonly continuation: Continuation['kind']
  readonly maxTokens: number | undefined
  readonly tools: number
  /** As parsed from JSON. */
  readonly body: Readonly<Record<string, unknown>>
  /** Words of the answer that were written. */
  wordsSent: number
  /** `open` until the answer ends, however it ends; `client-gone` where the peer closed first. */
  ended: 'open' | 'finished' | 'client-gone'
}

/** Enough for any test and an hour of the demo; the oldest go first. */
const REQUESTS_KEPT_MAX = 2000

export function createRequestLog(): {
  readonly requests: readonly ReceivedRequest[]
  add(request: Omit<ReceivedRequest, 'number' | 'wordsSent' | 'ended'>): ReceivedRequest
} {
  const requests: ReceivedRequest[] = []
  let number = 0
  return {
    requests,
    add(request) {
      number += 1
      const received: ReceivedRequest = { ...request, number, wordsSent: 0, ended: 'open' }
      requests.push(received)
      if (requests.length > REQUESTS_KEPT_MAX) requests.shift()
      return received
    },
  }
}
