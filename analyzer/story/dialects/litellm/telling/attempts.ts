import type { FailureReason, Phase } from '../../../../../collector/vocabulary.ts'
import { defined } from '../../../defined.ts'
import type { RouterConfig } from '../../../router-config.ts'
import type { Attempt, Evidence } from '../../../story.ts'
import type { Call, CallError } from '../reading/call.ts'
import { measuresOf } from './call-measures.ts'
import { deliveredOf } from '../reading/delivered-of.ts'
import { endpointOf } from './endpoint-of.ts'
import { kindOf } from './kind-of.ts'
import { classifyFailure, isPrefillRefusal } from '../../../classify-failure.ts'
import { phaseOf } from './phase-of.ts'
import type { Reading } from '../reading/reading.ts'
import { isToldByCaller } from '../span-kinds.ts'

export interface AttemptSource {
  readonly reading: Reading
  readonly route: string | undefined
  readonly config: RouterConfig | undefined
}

/** Attempts with a span of their own, then those that only the router's words tell of. */
export function attemptsOf(source: AttemptSource): readonly Attempt[] {
  const { calls } = source.reading
  const own = calls.map((call, position) => toAttempt(call, position, source))
  return [...own, ...toldAttempt(source, own)]
}

function toAttempt(call: Call, position: number, source: AttemptSource): Attempt {
  const { reading } = source
  const kind = kindOf(call, position, source)
  const label = labelOf(call, kind, source)
  const phase = phaseOf(call, reading)
  const { error } = call
  return {
    number: position + 1,
    kind,
    ...defined({
      route: label.route,
      deployment: label.deployment,
      provider: label.provider,
      model: label.model,
      reason: error === undefined ? undefined : inPhase(call, error, phase),
      errorType: error?.type,
      statusCode: error?.statusCode,
      message: error?.message,
      finishReasons: call.finishReasons.length > 0 ? call.finishReasons : undefined,
      delivered: deliveredOf(call),
      endpoint: endpointOf(call, {
        label,
        isFirst: position === 0,
        config: source.config,
        minor: reading.minor,
      }),
    }),
    status: call.failed ? 'failed' : call.isUntold === true ? 'unknown' : 'ok',
    phase,
    startTimeNs: call.startNs,
    endTimeNs: call.endNs,
    spanId: call.span.spanId,
    evidence: evidenceOf(call),
    ...measuresOf(call, reading.minor),
  }
}

interface Label {
  readonly route: string | undefined
  readonly deployment: string | undefined
  readonly provider: string | undefined
  readonly model: string | undefined
}

/**
 * The first attempt goes to the requested route, whatever its span says: where the label is the
 * fallback's, the deployment on it is the fallback's too, and the config names the right one.
 */
function labelOf(call: Call, kind: Attempt['kind'], { route, config }: AttemptSource): Label {
  const told = {
    route: call.group ?? (kind === 'initial' ? route : undefined),
    deployment: call.deployment,
    provider: call.provider,
    model: call.model,
  }
  if (kind !== 'initial' || route === undefined) return told
  const deployments = config?.routes.get(route)?.deployments ?? []
  const isOwn =
    call.deployment === undefined
      ? call.group === undefined || call.group === route
      : deployments.some((deployment) => deployment.model === call.deployment) ||
        (call.group === route && deployments.length === 0)
  if (isOwn) return { ...told, route }
  const [only, ...more] = deployments
  const deployment = more.length === 0 ? only?.model : undefined
  const slash = deployment?.indexOf('/') ?? -1
  return {
    route,
    deployment,
    provider: deployment === undefined || slash < 0 ? undefined : deployment.slice(0, slash),
    model: deployment?.slice(slash + 1),
  }
}

/** The same exception means another thing once an answer had begun. */
function inPhase(
  { span }: Call,
  { reason, whileReading }: CallError,
  phase: Phase | 'unknown',
): FailureReason | undefined {
  if (reason === 'connection' && whileReading) return 'stream-cut'
  // What a caller recorded is mapped, whenever it happened.
  if (
    reason === 'timeout-idle' &&
    !whileReading &&
    phase !== 'mid_stream' &&
    !isToldByCaller(span)
  ) {
    return 'timeout-first-event'
  }
  if (reason === 'timeout-idle' && phase === 'before_content') return 'timeout-first-content'
  return reason
}

/** A fallback that failed without a span: the router's error holds its error. */
function toldAttempt(
  { reading, route }: AttemptSource,
  own: readonly Attempt[],
): readonly Attempt[] {
  const text = reading.hints.texts.find((one) => one.fallbackError !== undefined)
  const error = text?.fallbackError
  const last = own.at(-1)
  if (error === undefined || reading.outcome !== 'failed' || last === undefined) return []
  const others = own.filter(({ kind }) => kind === 'fallback' || kind === 'unknown')
  if (others.some((attempt) => attempt.status === 'failed')) return []
  const { type, message } = splitError(error)
  const [target, ...more] = (text?.fallbacks ?? []).filter((name) => name !== route)
  const reason = isPrefillRefusal(error)
    ? 'prefill-rejected'
    : classifyFailure({ type, code: undefined, statusCode: undefined, message })
  return [
    {
      number: own.length + 1,
      kind: 'fallback',
      ...defined({
        route: more.length === 0 ? target : undefined,
        reason,
        errorType: type,
        message,
      }),
      status: 'failed',
      phase: 'unknown',
      startTimeNs: last.endTimeNs,
      endTimeNs: last.endTimeNs,
      evidence: [
        {
          spanId: reading.requestSpan.spanId,
          key: 'error of the fallback',
          value: error.slice(0, 512),
        },
      ],
    },
  ]
}

/** `litellm.BadRequestError: OpenAIException - …` */
function splitError(error: string): { type: string | undefined; message: string } {
  const match = /^litellm\.(?:exceptions\.)?([A-Za-z]{1,64}): /u.exec(error)
  return { type: match?.[1], message: error.slice(0, 512) }
}

const EVIDENCE_KEYS = [
  'error.type',
  'error.code',
  'error.message',
  'litellm.provider.error.code',
  'litellm.model_group',
  'litellm.provider.model',
  'gen_ai.request.model',
  'gen_ai.response.time_to_first_chunk',
] as const

function evidenceOf({ span }: Call): readonly Evidence[] {
  const told = EVIDENCE_KEYS.flatMap((key) => {
    const value = span.attributes.get(key)
    if (typeof value !== 'string' && typeof value !== 'number') return []
    return [{ spanId: span.spanId, key, value: String(value).slice(0, 512) }]
  })
  return told.length > 0 ? told : [{ spanId: span.spanId, key: 'status', value: span.status.code }]
}
