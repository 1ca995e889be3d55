import type { AttemptUsage } from '../protocol/event.ts'
import type { DeploymentConfig } from '../config/config.ts'
import type { AttemptPlan } from './plan-attempt.ts'
import type { AttemptInput, AttemptOutcome } from './attempt.ts'
import type { AttemptRecorder, FallbackRecorder } from './recorder.ts'
import type { RequestRun } from './request-run.ts'
import { thinksFirst } from '../continuation/thinks-first.ts'
import { usageOfAttempt } from '../continuation/attempt-usage.ts'
import { runAnswerAttempt } from './answer-attempt.ts'
import { NOTHING_DELIVERED, createFacts } from './attempt.ts'
import { type Authorized, type Unauthorized, authorize } from './authorize.ts'
import { runStreamAttempt } from './stream-attempt.ts'
import { addressOf, toCall } from './to-call.ts'
import { answerLimits, streamLimits, timersFor } from './watchdog.ts'

export interface AttemptContext {
  readonly run: RequestRun
  readonly plan: AttemptPlan
  /** Waiting must leave time for whoever is left. */
  readonly otherTargetLeft: boolean
  /** The decision that led here; ended with the seam that came of it. */
  readonly fallback: FallbackRecorder | undefined
}

/** Makes one attempt, and keeps its breaker, its span and the request's counts. */
export async function performAttempt(context: AttemptContext): Promise<AttemptOutcome> {
  const { run, plan } = context
  const { router } = run
  const breaker = router.breakers.of(plan.target.id)
  run.target = plan.target
  run.droppedFields = plan.built.dropped
  run.firstTarget ??= plan.target
  run.asked.add(plan.target.id)
  run.skipped.delete(plan.target.id)
  run.attempts += 1
  const address = addressOf(run, plan)
  const recorder = startSpan(run, plan, address)
  breaker.start(router.clock.now())
  const authorized = authorize(run, plan.target)
  // Only where a token must be fetched does a target wait for one.
  const shown = authorized instanceof Promise ? await authorized : authorized
  const outcome =
    shown.kind === 'authorized' ? await makeCall(context, recorder, shown) : notSent(shown)
  const { result } = outcome
  if (result.kind === 'complete') breaker.succeeded()
  else if (result.kind === 'failed') breaker.failed(result.failure, router.clock.now())
  else breaker.undecided()
  const billed = noteBill(run, plan, outcome)
  noteServing(run, plan.target, outcome)
  noteHome(run, plan, outcome)
  context.fallback?.end(run.clientStream?.seam)
  endSpan(recorder, outcome, billed)
  return outcome
}

/** There was no token to show, or nobody left to answer. */
function notSent(result: Unauthorized): AttemptOutcome {
  return { result, facts: createFacts(), delivered: NOTHING_DELIVERED }
}

function makeCall(
  context: AttemptContext,
  recorder: AttemptRecorder,
  { apiKey }: Authorized,
): Promise<AttemptOutcome> {
  const { run, plan, otherTargetLeft } = context
  const { router, clientStream, request } = run
  const { clock, config } = router
  const timers = timersFor(plan.target.timers, request.options)
  const input: Omit<AttemptInput, 'limits'> = {
    call: toCall(run, plan, { apiKey, recorder }),
    targetProtocol: plan.targetProtocol,
    apiKey: apiKey?.reveal(),
    config,
    clock,
    upstream: router.upstream,
    cancellation: run.cancellation,
    recorder,
  }
  if (clientStream === undefined) {
    return runAnswerAttempt({
      limits: answerLimits(timers),
      encode: (answer, body) =>
        plan.targetProtocol.api === run.protocol.api
          ? { kind: 'encoded', bytes: body }
          : run.protocol.encodeAnswer(answer, run.encoderContext),
      ...input,
    })
  }
  clientStream.startAttempt(
    {
      number: run.attempts,
      targetApi: plan.targetProtocol.api,
      model: plan.target.model,
      strategy: plan.choice.strategy,
      ...(plan.anchor !== undefined && { anchor: plan.anchor }),
      requireAnchor: run.route.continuation.requireAnchor,
      earlierUsage: run.bills,
    },
    clock.now(),
  )
  return runStreamAttempt({
    limits: streamLimits({
      timers,
      otherTargetLeft,
      thinking: request.features.thinking || thinksFirst(plan.target),
      targetApi: plan.targetProtocol.api,
      elapsedMs: clock.now() - run.startMs,
    }),
    clientStream,
    response: run.response,
    choices: request.features.n,
    onDelivery() {
      run.timeToFirstContentMs ??= clock.now() - run.startMs
      router.breakers.of(plan.target.id).delivered()
      context.fallback?.end(clientStream.seam)
    },
    ...input,
  })
}

/** Tells a rescue from an answer: whether somebody else than the first target served any of it. */
function noteServing(run: RequestRun, target: DeploymentConfig, outcome: AttemptOutcome): void {
  const isOther = target.id !== run.firstTarget?.id || target.route !== run.route.name
  const served = outcome.result.kind === 'complete' || outcome.delivered.chunks > 0
  if (isOther && served) run.servedByOther = true
}

/** Where nobody else could be asked, there is no need to know. */
function noteHome(run: RequestRun, plan: AttemptPlan, { result, facts }: AttemptOutcome): void {
  if (result.kind !== 'complete' || plan.targetProtocol.api !== 'responses') return
  if (run.chain.own.length + run.chain.fallbacks.length < 2) return
  const { stateIds = [], keepsAnswer } = run.request.features
  const kept = keepsAnswer === true && facts.responseId !== undefined ? [facts.responseId] : []
  run.router.stateHomes.note([...stateIds, ...kept], plan.target)
}

/** A refused request costs nothing; whatever began to answer is billed, told or not. */
function noteBill(
  run: RequestRun,
  plan: AttemptPlan,
  { facts }: AttemptOutcome,
): AttemptUsage | undefined {
  if (facts.head?.statusCode !== 200) return undefined
  const usage = usageOfAttempt({
    attempt: run.attempts,
    model: plan.target.model,
    usage: facts.usage,
    isFinal: facts.receivedTerminal,
    contentChars: facts.contentChars,
  })
  run.bills.push(usage)
  return usage
}

function startSpan(run: RequestRun, plan: AttemptPlan, url: URL): AttemptRecorder {
  const { target } = plan
  return run.recorder.startAttempt({
    number: run.attempts,
    kind: plan.kind,
    route: target.route,
    deployment: target.id,
    provider: target.provider,
    model: target.model,
    serverAddress: url.hostname,
    serverPort: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    ...(target.apiKey !== undefined && { apiKey: target.apiKey.reveal() }),
    breakerState: run.router.breakers.of(target.id).state,
    droppedFields: plan.built.dropped,
    stream: run.request.stream,
  })
}

/** What providers call their own id of a request; asked for in every support case. */
const REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'apim-request-id'] as const

function endSpan(
  recorder: AttemptRecorder,
  outcome: AttemptOutcome,
  billed: AttemptUsage | undefined,
): void {
  const { facts, result, delivered } = outcome
  const headers = facts.head?.headers ?? {}
  const requestId = REQUEST_ID_HEADERS.map((name) => headers[name]).find(
    (value) => typeof value === 'string',
  )
  recorder.end({
    result: result.kind === 'complete' ? 'ok' : result.kind,
    ...(result.kind === 'failed' && { failure: result.failure }),
    ...(facts.head !== undefined && { statusCode: facts.head.statusCode }),
    ...(typeof requestId === 'string' && { upstreamRequestId: requestId }),
    ...(facts.responseId !== undefined && { responseId: facts.responseId }),
    ...(facts.responseModel !== undefined && { responseModel: facts.responseModel }),
    ...(facts.finishReason !== undefined && { finishReason: facts.finishReason }),
    ...(facts.usage !== undefined && { usage: facts.usage }),
    ...(billed !== undefined && { billed }),
    delivered,
    receivedTerminal: facts.receivedTerminal,
    preludeEvents: facts.preludeEvents,
    chunks: facts.chunks,
    longestSilenceMs: facts.longestSilenceMs,
  })
}
