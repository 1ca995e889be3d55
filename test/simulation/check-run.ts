import { answerText } from '../../demo/provider/answer-text.ts'
import { isRecord } from '../../demo/provider/protocols/protocol.ts'
import { readStream } from '../matrix/read-stream.ts'
import type { Shown } from '../matrix/read-stream.ts'
import { TOOL } from '../matrix/target-wire.ts'
import { wordsOf } from './draw-answer.ts'
import { replayCommand, SIMULATED_WORDS } from './simulate.ts'
import type { Simulated, SimulatedRequest } from './simulate.ts'
import type { Call } from './virtual-network.ts'

/** Every invariant that a run broke, and how to see it again; empty is what it must be. */
export function checkRun(simulated: Simulated): readonly string[] {
  const breaches = [
    ...new Set(simulated.breaches),
    ...simulated.requests.flatMap((request) =>
      [...checkRequest(request)].map((breach) => `request ${request.number}: ${breach}`),
    ),
  ]
  return breaches.map((breach) => `${breach} (${replayCommand(simulated.seed)})`)
}

const WHOLE_TEXT = answerText(SIMULATED_WORDS)

function* checkRequest(request: SimulatedRequest): Generator<string> {
  const { client, calls, recorded, defect, concluded } = request
  if (defect !== undefined) yield `the router threw: ${defect}`
  if (!concluded) yield 'it never ends'
  if (client.late > 0) yield 'I1: written to behind its end'
  // One write of each attempt tells the router that the client is still slow; the end is one more.
  if (client.overruns > calls.length + 1) {
    yield `I9: written to ${client.overruns} times while it did not read`
  }
  if (recorded === undefined) {
    yield 'I6: it is not recorded'
    return
  }
  const isStream = client.statusCode === 200
  const shown = readStream(request.api, isStream ? wholeFrames(request) : '')
  for (const flaw of shown.flaws) yield `I3: ${flaw}`
  if (client.isGone) yield* checkLeft(request, shown)
  else yield* checkEnd(request, shown)
  yield* checkContent(request, shown)
  yield* checkRecord(request, shown)
}

/** Who left has what had come: the last event may not be ended. */
function wholeFrames({ client }: SimulatedRequest): string {
  const { body } = client
  return client.isGone ? body.slice(0, body.lastIndexOf('\n\n') + 2) : body
}

function* checkEnd({ client, calls, recorded }: SimulatedRequest, shown: Shown): Generator<string> {
  if (!client.ended) yield 'I1: its response is never ended'
  const complete = shown.terminals.length > 0
  const refused = client.statusCode !== undefined && client.statusCode >= 400
  if (!complete && !refused && shown.errors.length === 0) yield 'I1: neither terminal nor error'
  if (complete && shown.errors.length > 0) yield 'I1: terminal and error'
  if (complete && shown.closings !== 1) yield `I1: ${shown.closings} closing frames`
  if (!complete && shown.closings > 0) yield 'I1: a closing frame without a terminal'
  if (shown.terminals.length > 1) yield 'I1: two terminals'
  if (complete && !saidTerminal(calls.at(-1))) yield 'I1: a terminal that no target said'
  const outcome = recorded?.summary.outcome
  const first = recorded?.attempts[0]?.start.deployment
  const byOther = recorded?.attempts.some(
    ({ start, summary }) =>
      (start.deployment !== first || start.kind === 'fallback') &&
      (summary?.result === 'ok' || (summary?.delivered.chunks ?? 0) > 0),
  )
  const wanted = complete ? (byOther === true ? 'rescued' : 'ok') : 'failed'
  if (outcome !== wanted) yield `outcome ${String(outcome)}, the bytes say ${wanted}`
  if (!complete) yield* checkError({ client, calls, recorded }, shown)
}

/** The bytes of its terminal reached the router. */
function saidTerminal(call: Call | undefined): boolean {
  const at = call?.answer.terminalAt
  return call !== undefined && at !== undefined && call.bytesDelivered >= at
}

function* checkError(
  { client, calls, recorded }: Pick<SimulatedRequest, 'client' | 'calls' | 'recorded'>,
  shown: Shown,
): Generator<string> {
  const failed = recorded?.attempts.find(({ summary }) => summary?.result === 'failed')
  const isRefused = client.statusCode !== 200
  const [message = isRefused ? messageIn(client.body) : ''] = shown.errors
  if (failed === undefined) {
    yield `I2: an error and no failure: ${message}`
    return
  }
  if (message !== failed.summary?.failure?.message) yield `I2: not the root cause: ${message}`
  const [first] = calls
  if (first?.answer.speaks === true && first.bytesDelivered === first.answer.body.length) {
    const words = wordsOf(first.call.url.hostname.split('.')[0] ?? '')
    if (message !== words) yield `I2: not the target's own words: ${message}`
  }
  if (recorded?.summary.client.errorAttempt !== 1) yield 'I2: the error is recorded as another’s'
  if (recorded?.summary.rootCause?.attempt !== 1)
    yield 'I2: the root cause is not the first failure'
}

function* checkLeft(
  { client, calls, recorded }: SimulatedRequest,
  shown: Shown,
): Generator<string> {
  const leftMs = client.leftMs ?? 0
  for (const call of calls) {
    if (call.sentMs > leftMs) yield 'I5: an attempt after the client left'
    if (call.abortedMs !== undefined && call.sentMs <= leftMs && call.abortedMs > leftMs) {
      yield 'I5: an attempt given up only after the client left'
    }
  }
  const outcome = recorded?.summary.outcome
  const complete = shown.terminals.length > 0
  if (outcome !== 'cancelled' && !(complete && (outcome === 'ok' || outcome === 'rescued'))) {
    yield `outcome ${String(outcome)} of a client that left`
  }
}

function* checkContent({ callsTool, calls, recorded }: SimulatedRequest, shown: Shown) {
  const complete = shown.terminals.length > 0
  if (callsTool ? shown.text !== '' : !WHOLE_TEXT.startsWith(shown.text)) {
    yield `I3: not the beginning of the answer: ${shown.text.slice(-60)}`
  }
  if (complete && !callsTool && shown.text !== WHOLE_TEXT) yield 'I1: complete with less than all'
  if (shown.envelopes.length > 1) yield `I3: ${shown.envelopes.length} envelopes`
  if (shown.toolCalls.length > 1) yield 'I4: a tool call came twice'
  for (const call of shown.toolCalls) {
    if (!TOOL.arguments.startsWith(call.json)) yield `I4: other arguments: ${call.json}`
    if (complete && call.json !== TOOL.arguments) yield 'I4: complete with half of the arguments'
  }
  const withCall = recorded?.attempts.findIndex(
    ({ summary }) => (summary?.delivered.toolCalls ?? 0) > 0,
  )
  if (withCall !== undefined && withCall >= 0 && withCall < calls.length - 1) {
    yield 'I4: another attempt once a tool call was delivered'
  }
}

function* checkRecord({ recorded, client, calls }: SimulatedRequest, shown: Shown) {
  if (recorded === undefined) return
  const { attempts, fallbacks, summary } = recorded
  if (attempts.length !== calls.length) {
    yield `${attempts.length} attempts recorded, ${calls.length} made`
  }
  if (attempts.some((attempt) => attempt.summary === undefined)) yield 'an attempt has no end'
  if (fallbacks.some((fallback) => !fallback.ended)) yield 'a decision has no end'
  if (attempts.length > 5) yield `${attempts.length} attempts`
  if (summary.attempts !== attempts.length) yield 'another number of attempts is told'
  const delivered = attempts.reduce((sum, one) => sum + (one.summary?.delivered.chars ?? 0), 0)
  const came = shown.text.length + shown.toolCalls.reduce((sum, { json }) => sum + json.length, 0)
  if (!client.isGone && delivered !== came) yield `${delivered} characters told, ${came} came`
  if (!client.isGone && summary.client.bytes !== client.bytesWritten) yield 'other bytes are told'
}

function messageIn(body: string): string {
  const json: unknown = body === '' ? {} : JSON.parse(body)
  const error = isRecord(json) ? json['error'] : undefined
  return isRecord(error) ? String(error['message']) : ''
}
