import { judge } from '../../analyzer/rules/judge.ts'
import { assembleStories } from '../../analyzer/story/assemble.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { breach, numberOf, show, told } from './cell-facts.ts'
import type { Breach, Facts } from './cell-facts.ts'

/** Why it failed, why nobody else was asked, and what the analyzer calls it. */
export function* checkVerdict(facts: Facts): Generator<Breach> {
  yield* checkCause(facts)
  yield* checkStages(facts)
  yield* checkTokens(facts)
  yield* checkNotTried(facts)
  yield* checkFindings(facts)
}

const VERDICT = 'the verdict is right' as const

function phaseOf({ cell }: Facts): string {
  if (cell.at === 'before headers') return 'before_headers'
  // Nothing of a compressed body is read, however much of it was said.
  return cell.at === 'before content' || cell.fault.name === 'gzip-cut'
    ? 'before_content'
    : 'mid_stream'
}

/** The root cause is the first attempt's own failure, where the target broke. */
function* checkCause(facts: Facts): Generator<Breach> {
  const { cell, request, attempts } = facts
  if (cell.fault.reason(cell.at) === 'none') return
  const wanted = phaseOf(facts)
  if (told(request, 'root_cause.phase') !== wanted) {
    yield breach(VERDICT, `it broke ${wanted}, not ${show(told(request, 'root_cause.phase'))}`)
  }
  for (const key of ['reason', 'phase', 'message']) {
    if (told(request, `root_cause.${key}`) !== told(attempts[0], `failure.${key}`)) {
      yield breach(VERDICT, `the root cause has another ${key} than the first attempt`)
    }
  }
}

/** Both stages of an attempt tell the same of it as the attempt does. */
function* checkStages({ recorded, attempts }: Facts): Generator<Breach> {
  for (const attempt of attempts) {
    const stage = (name: string): Span | undefined =>
      recorded.spans.find((span) => span.parentSpanId === attempt.spanId && span.name === name)
    const [first, stream] = [stage('first_chunk'), stage('stream')]
    const number = numberOf(attempt, 'attempt.number')
    const reason = told(attempt, 'failure.reason')
    const came = told(first, 'content.kind') !== undefined
    if (came !== (stream !== undefined)) yield breach(VERDICT, `attempt ${number}: half a stream`)
    const broken = came ? stream : first
    if (told(broken, 'failure.reason') !== reason) {
      yield breach(VERDICT, `attempt ${number} broke of ${show(reason)}, its stage says another`)
    }
    if ((broken?.status.code === 'error') !== (reason !== undefined)) {
      yield breach(
        VERDICT,
        `attempt ${number}: the status of its ${came ? 'stream' : 'first chunk'}`,
      )
    }
    if (came && first?.status.code === 'error') {
      yield breach(VERDICT, `attempt ${number}: content came, and its first chunk failed`)
    }
    const delivered = numberOf(attempt, 'delivered.chars') > 0
    if (delivered && reason !== undefined && told(attempt, 'failure.phase') !== 'mid_stream') {
      yield breach(VERDICT, `attempt ${number} delivered, and broke before it did`)
    }
  }
}

/** The sum of the attempts, and no surer than the least sure of them. */
function* checkTokens({ request, attempts }: Facts): Generator<Breach> {
  for (const key of ['usage.input_tokens', 'usage.output_tokens']) {
    const sum = attempts.reduce((total, span) => total + numberOf(span, key), 0)
    if (request !== undefined && numberOf(request, key) !== sum) {
      yield breach('one model, one count of tokens', `${key} is not the sum of the attempts`)
    }
  }
  const isGuess = attempts.some((span) => told(span, 'usage.source') === 'estimated')
  if (isGuess && told(request, 'usage.source') === 'reported') {
    yield breach('one model, one count of tokens', 'a guess is passed off as reported')
  }
}

function* checkNotTried({ cell, complete, shown, request }: Facts): Generator<Breach> {
  const wanted =
    complete || cell.chain === 'alone'
      ? complete
        ? undefined
        : 'none_configured'
      : shown.toolCalls.length > 0
        ? 'stopped_after_content'
        : undefined
  const said = told(request, 'fallbacks.not_tried')
  if (said !== wanted) yield breach(VERDICT, `not tried for ${show(said)}, not ${show(wanted)}`)
}

const STALLS: ReadonlySet<string> = new Set(['stall', 'comments-only'])

/** What is wrong with each end, first what owns it; most rescues and whole answers are right. */
function findingsOf(facts: Facts): readonly (readonly [rule: string, confidence: string])[] {
  const { cell, complete, isEmpty, recorded } = facts
  if (complete) {
    if (isEmpty) return [['empty-success', 'certain']]
    return recorded.spans.some(isPrefillIgnored) ? [['continuation-unsafe', 'likely']] : []
  }
  // Before its headers there is no stream yet that could fall silent.
  const stalled = STALLS.has(cell.fault.name) && cell.at !== 'before headers'
  return [[classOf(facts), 'certain'], ...(stalled ? [['stream-stalled', 'certain'] as const] : [])]
}

function classOf({ cell, shown }: Facts): string {
  if (cell.chain === 'alone') return 'no-fallback-configured'
  if (shown.toolCalls.length === 0) return 'fallback-exhausted'
  return cell.client === 'responses' ? 'aresponses-fallback-bypassed' : 'fallback-bypassed'
}

/** A target took the prefill and started over: only the seam guard kept text from being doubled. */
function isPrefillIgnored(span: Span): boolean {
  return told(span, 'fallback.strategy') === 'prefill' && told(span, 'seam.aligned') === true
}

function* checkFindings(facts: Facts): Generator<Breach> {
  const { spans } = facts.recorded
  const stories = assembleStories({ source: 'cell', spans, routerConfig: undefined })
  const found = stories.flatMap((story) =>
    judge(story)
      // A figure (targets of the rig share one address, a cut answer has no usage) blames nobody.
      .filter(({ severity }) => severity !== 'info')
      .map(({ rule, confidence, primary }) => ({ rule, confidence, primary })),
  )
  const wanted = findingsOf(facts).map(([rule, confidence], position) => ({
    rule,
    confidence,
    primary: position === 0,
  }))
  if (show(found) !== show(wanted)) {
    yield breach(VERDICT, `the analyzer finds ${show(found)}, not ${show(wanted)}`)
  }
  if (stories.some(({ api }) => api !== facts.cell.client)) {
    yield breach(VERDICT, 'the analyzer tells of another API')
  }
}
