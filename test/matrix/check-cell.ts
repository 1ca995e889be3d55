import { assembleStories } from '../../analyzer/story/assemble.ts'
import { answerText } from '../../demo/provider/answer-text.ts'
import { breach, factsOf, numberOf, quoted, show } from './cell-facts.ts'
import type { Breach, Facts } from './cell-facts.ts'
import { checkTold } from './check-told.ts'
import { checkVerdict } from './check-verdict.ts'
import { PROVIDER_KEY } from './run-cell.ts'
import type { RecordedCell } from './run-matrix.ts'
import type { SdkRead } from './sdk-reads.ts'
import { TOOL, WORDS } from './target-wire.ts'

const WHOLE_TEXT = answerText(WORDS)

/** What is wrong with a cell; empty is what it must be. */
export function checkCell(recorded: RecordedCell, reads: readonly SdkRead[]): readonly Breach[] {
  const facts = factsOf(recorded)
  return [
    ...checkEnd(facts),
    ...checkText(facts),
    ...checkToolCalls(facts),
    ...checkEnvelope(facts),
    ...checkError(facts),
    ...checkOutcome(facts),
    ...checkSpans(facts),
    ...checkTold(facts),
    ...checkVerdict(facts),
    ...checkEdges(facts),
    ...reads.flatMap((read) => [...checkRead(read, facts)]),
  ]
}

function* checkEnd({ shown, refusal, recorded, complete }: Facts): Generator<Breach> {
  const { answer, said } = recorded
  if (answer.cut) yield breach('silent truncation', 'the response broke off in HTTP')
  if (refusal === undefined && !complete && shown.errors.length === 0) {
    yield breach('silent truncation', 'the stream ends with neither terminal nor error')
  }
  if (complete && shown.closings === 0) {
    yield breach('silent truncation', 'the terminal came, and no closing frame')
  }
  if (shown.terminals.length > 1) {
    yield breach('one terminal', `${shown.terminals.length} terminals`)
  }
  if (shown.closings > 1) yield breach('one terminal', `${shown.closings} closing frames`)
  if (complete && shown.errors.length > 0) yield breach('one terminal', 'terminal and error')
  if (!complete && shown.closings > 0) {
    yield breach('made-up terminator', 'a closing frame without a terminal')
  }
  if (complete && said.at(-1)?.terminal !== true) {
    yield breach('made-up terminator', 'the target that was asked last never said that it is done')
  }
  if (complete && shown.usages > 1) yield breach('one terminal', `${shown.usages} counts of tokens`)
  for (const flaw of shown.flaws) yield breach('grammar of the protocol', flaw)
}

/** Numbered words: what the client holds is the beginning of the answer, to the last blank. */
function* checkText({ shown, callsTool, isEmpty, complete }: Facts): Generator<Breach> {
  const { text } = shown
  if (callsTool || isEmpty) {
    if (text !== '') yield breach('doubled or lost text', `nobody said ${quoted(text)}`)
    return
  }
  if (!WHOLE_TEXT.startsWith(text)) {
    yield breach('doubled or lost text', `not the beginning of the answer: ${quoted(text)}`)
  } else if (complete && text !== WHOLE_TEXT) {
    yield breach('doubled or lost text', `complete after ${quoted(text.slice(-16))}`)
  }
}

function* checkToolCalls({ shown, callsTool, complete, recorded }: Facts): Generator<Breach> {
  const { toolCalls } = shown
  if (toolCalls.length > 1) yield breach('replayed tool call', `${toolCalls.length} tool calls`)
  if (!callsTool && toolCalls.length > 0) yield breach('replayed tool call', 'nobody called a tool')
  for (const { id, name, json } of toolCalls) {
    if (name !== TOOL.name || id !== TOOL.id) {
      yield breach('replayed tool call', `another call: ${name} ${id}`)
    }
    if (!TOOL.arguments.startsWith(json)) {
      yield breach('replayed tool call', `not the arguments: ${quoted(json)}`)
    }
    if (complete && json !== TOOL.arguments) {
      yield breach('made-up terminator', `complete with half of the arguments: ${quoted(json)}`)
    }
  }
  if (toolCalls.length > 0 && recorded.said.length > 1) {
    yield breach('replayed tool call', 'another target was asked once a call was delivered')
  }
}

function isDelivered({ shown, complete }: Facts): boolean {
  return complete || shown.text !== '' || shown.toolCalls.length > 0
}

function* checkEnvelope(facts: Facts): Generator<Breach> {
  const { shown } = facts
  const needed = isDelivered(facts)
  if (shown.envelopes.length > 1) {
    yield breach('one envelope', `${shown.envelopes.length} envelopes`)
  }
  if (needed && shown.envelopes.length === 0) yield breach('one envelope', 'none')
}

/** The first failure is what the client reads: its status, and its provider's own words. */
function* checkError({
  cell,
  shown,
  refusal,
  recorded,
  request,
  complete,
}: Facts): Generator<Breach> {
  const cause = 'error shown is the root cause' as const
  const reason = cell.fault.reason(cell.at)
  const wanted = reason === 'none' ? undefined : reason
  const recordedReason = request?.attributes.get('secondwind.root_cause.reason')
  if (recordedReason !== wanted) {
    yield breach(cause, `the root cause is ${wanted ?? 'none'}, recorded ${quoted(recordedReason)}`)
  }
  if (complete) return
  const [message = String(refusal?.['message'])] = shown.errors
  if (shown.errors.length > 1) yield breach(cause, `${shown.errors.length} errors`)
  if (cell.fault.speaks === true && message !== 'Target 1 of the chain is broken.') {
    yield breach(cause, `the provider's words are not shown: ${quoted(message)}`)
  }
  if (message !== request?.attributes.get('secondwind.root_cause.message')) {
    yield breach(cause, `another error is shown than is recorded: ${quoted(message)}`)
  }
  if (request?.attributes.get('secondwind.client.error_attempt') !== 1) {
    yield breach(cause, 'the error shown is recorded as another attempt’s')
  }
  const { statusCode } = recorded.answer
  if (statusCode !== 200 && statusCode !== (cell.fault.statusCode ?? statusCode)) {
    yield breach(cause, `status ${statusCode} is not the provider's`)
  }
  if (statusCode !== 200 && statusCode < 400) yield breach(cause, `an error of ${statusCode}`)
}

function* checkOutcome({ recorded, request, complete, attempts }: Facts): Generator<Breach> {
  const { answer, said } = recorded
  const outcome = request?.attributes.get('secondwind.outcome')
  const bytesSay = complete ? (said.length > 1 ? 'rescued' : 'ok') : 'failed'
  if (outcome !== bytesSay) {
    yield breach('outcome is what the bytes say', `${quoted(outcome)}, the bytes say ${bytesSay}`)
  }
  const shouldRetry = answer.headers['x-should-retry']
  const isRefusal = answer.statusCode !== 200
  if (isRefusal && attempts.length > 1 && shouldRetry !== 'false') {
    yield breach('outcome is what the bytes say', 'the client is not told to leave it at that')
  }
  const stories = assembleStories({
    source: 'cell',
    spans: recorded.spans,
    routerConfig: undefined,
  })
  const told = stories.map((story) => `${story.outcome}, complete: ${story.client.complete}`)
  if (told.join() !== `${bytesSay}, complete: ${complete}`) {
    yield breach('outcome is what the bytes say', `the analyzer tells ${told.join()}`)
  }
  if ((request?.status.code === 'error') !== !complete) {
    yield breach('outcome is what the bytes say', 'the status of the request’s span')
  }
}

function* checkSpans(facts: Facts): Generator<Breach> {
  const { recorded, request, attempts, shown, complete } = facts
  const agree = 'spans agree with bytes' as const
  if (request === undefined) {
    yield breach(agree, 'the request has no span')
    return
  }
  const expected: readonly (readonly [string, unknown, unknown])[] = [
    ['client.complete', request.attributes.get('secondwind.client.complete'), complete],
    ['client.bytes', numberOf(request, 'client.bytes'), Buffer.byteLength(recorded.answer.body)],
    ['client.status_code', numberOf(request, 'client.status_code'), recorded.answer.statusCode],
    ['attempts', numberOf(request, 'attempts'), recorded.said.length],
    ['spans of attempts', attempts.length, recorded.said.length],
    // Responses opens one to say in it that nothing came: that one is a part of the error.
    [
      'client.envelopes',
      numberOf(request, 'client.envelopes'),
      isDelivered(facts) ? shown.envelopes.length : 0,
    ],
    ['client.terminal', request.attributes.get('secondwind.client.terminal'), shown.terminals[0]],
    [
      'delivered.chars',
      attempts.reduce((sum, span) => sum + numberOf(span, 'delivered.chars'), 0),
      shown.text.length + shown.toolCalls.reduce((sum, { json }) => sum + json.length, 0),
    ],
    [
      'delivered.tool_calls',
      attempts.reduce((sum, span) => sum + numberOf(span, 'delivered.tool_calls'), 0),
      shown.toolCalls.length,
    ],
  ]
  for (const [key, recordedValue, value] of expected) {
    if (recordedValue !== value) {
      yield breach(agree, `${key} is ${show(recordedValue)}, the bytes say ${show(value)}`)
    }
  }
  yield* checkAttempts(facts)
}

function* checkAttempts({ attempts, recorded, complete }: Facts): Generator<Breach> {
  const agree = 'spans agree with bytes' as const
  for (const [index, span] of attempts.entries()) {
    const isServing = complete && index === attempts.length - 1
    const said = recorded.said[index]
    if (span.status.code !== (isServing ? 'unset' : 'error')) {
      yield breach(agree, `attempt ${index + 1} has status ${span.status.code}`)
    }
    if (numberOf(span, 'attempt.number') !== index + 1) {
      yield breach(agree, `attempt ${index + 1} has another number`)
    }
    if (span.attributes.has('secondwind.failure.reason') === isServing) {
      yield breach(agree, `attempt ${index + 1}: a reason to fail on the wrong span`)
    }
    if (isServing && said?.terminal !== true) {
      yield breach(agree, `attempt ${index + 1} is ok, and its target said no end`)
    }
  }
  const decided = recorded.spans.filter((span) => span.name.startsWith('fallback '))
  const leading = decided.filter((span) => span.attributes.has('secondwind.attempt.number'))
  if (leading.length !== Math.max(0, attempts.length - 1)) {
    yield breach(agree, `${leading.length} decisions for ${attempts.length} attempts`)
  }
  if (decided.length - leading.length > 1) yield breach(agree, 'stopped more than once')
}

function* checkEdges({ recorded }: Facts): Generator<Breach> {
  const { answer, followed, spans } = recorded
  if (followed > 0) yield breach('hostile upstream', 'a redirect was followed')
  const attributes = spans.flatMap((span) => [...span.attributes.values()].map(String))
  const all = [answer.body, JSON.stringify(answer.headers), ...attributes]
  if (all.some((text) => text.includes(PROVIDER_KEY))) {
    yield breach('hostile upstream', 'the key of a provider is shown')
  }
  if (answer.body.includes('x'.repeat(1000)) || answer.body.includes('<html')) {
    yield breach('hostile upstream', 'what is no answer was passed on')
  }
}

function* checkRead(read: SdkRead, { complete, shown }: Facts): Generator<Breach> {
  const wanted = complete ? 'complete' : 'raised'
  if (read.kind !== wanted) yield breach('sdk', `${read.name}: ${read.kind}, not ${wanted}`)
  if (read.kind === 'complete' && read.text !== shown.text) {
    yield breach('sdk', `${read.name} reads ${quoted(read.text)}`)
  }
}
