import * as v from '../../collector/vocabulary.ts'
import type { CompactSpan, CompactValue } from './compact-span.ts'

type Attributes = Readonly<Record<string, CompactValue | undefined>>

export interface BuildRequest {
  readonly route?: string
  readonly api?: v.Api
  readonly stream?: boolean
  readonly fallbacks?: readonly string[]
  readonly trace?: string
  /** Told from other requests of one trace by this; two hex digits. */
  readonly id?: string
}

export interface BuildAttempt {
  readonly kind?: v.AttemptKind
  readonly route?: string
  readonly deployment?: string
  readonly provider?: string
  readonly model?: string
  /** Absent: it gave a whole answer. */
  readonly failed?: BuildFailure
  readonly chars?: number
  readonly toolCalls?: number
  /** Laid over what the builder writes; `undefined` takes a key away. */
  readonly attributes?: Attributes
}

export interface BuildFailure {
  readonly reason: v.FailureReason
  readonly phase: v.Phase
  readonly statusCode?: number
  readonly errorType?: string
  readonly message?: string
}

export interface BuildFallback {
  /** Absent on `stop`. */
  readonly to?: string
  readonly strategy?: v.Strategy
  readonly why?: v.StrategyCause
  readonly lastRole?: string
  readonly prefill?: boolean
  readonly forced?: boolean
  readonly verified?: boolean
  readonly aligned?: boolean
  readonly attributes?: Attributes
}

export interface BuildEnd {
  readonly outcome?: v.Outcome
  readonly notTried?: v.NotTriedReason
  readonly attributes?: Attributes
}

const ATTEMPT_MS = 1000

/**
 * Writes the spans that the sidecar exports for one request, call by call, so that a test says what
 * happened and not which attributes that makes.
 */
export class TraceBuilder {
  readonly #request: Required<BuildRequest>
  readonly #spans: CompactSpan[] = []
  readonly #attempts: BuildAttempt[] = []

  constructor(request: BuildRequest = {}) {
    this.#request = {
      route: 'claude-primary',
      api: 'chat',
      stream: true,
      fallbacks: ['gpt-fallback'],
      trace: '1',
      id: 'a0',
      ...request,
    }
  }

  attempt(attempt: BuildAttempt = {}): this {
    this.#attempts.push(attempt)
    const number = this.#attempts.length
    const { failed } = attempt
    const route = attempt.route ?? this.#request.route
    const startMs = (number - 1) * ATTEMPT_MS
    const span: CompactSpan = {
      ...this.#base(`b${number}`),
      name: `${v.SPAN_ATTEMPT_PREFIX} ${attempt.model ?? 'claude-sonnet-4-6'}`,
      kind: 'client',
      ms: [startMs, startMs + ATTEMPT_MS],
      status: failed === undefined ? 'unset' : 'error',
      attributes: present({
        [v.ATTR_GEN_AI_OPERATION_NAME]: 'chat',
        [v.ATTR_GEN_AI_PROVIDER_NAME]: attempt.provider ?? 'anthropic',
        [v.ATTR_GEN_AI_REQUEST_MODEL]: attempt.model ?? 'claude-sonnet-4-6',
        [v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: [failed === undefined ? 'stop' : 'error'],
        [v.ATTR_ATTEMPT_NUMBER]: number,
        [v.ATTR_ATTEMPT_KIND]: attempt.kind ?? (number === 1 ? 'initial' : 'fallback'),
        [v.ATTR_ATTEMPT_ROUTE]: route,
        [v.ATTR_ATTEMPT_DEPLOYMENT]: attempt.deployment ?? `${route}/1`,
        [v.ATTR_HTTP_RESPONSE_STATUS_CODE]: statusOf(failed),
        [v.ATTR_ERROR_TYPE]: failed && (failed.errorType ?? failed.reason),
        [v.ATTR_FAILURE_REASON]: failed?.reason,
        [v.ATTR_FAILURE_PHASE]: failed?.phase,
        [v.ATTR_FAILURE_MESSAGE]: failed?.message,
        [v.ATTR_DELIVERED_CHARS]: attempt.chars ?? (deliversNothing(failed) ? 0 : 120),
        [v.ATTR_DELIVERED_TOOL_CALLS]: attempt.toolCalls ?? 0,
        [v.ATTR_RECEIVED_TERMINAL]: failed === undefined,
        ...attempt.attributes,
      }),
    }
    this.#spans.push(span)
    if (this.#request.stream) this.#stages(span, number, failed)
    return this
  }

  fallback(fallback: BuildFallback = {}): this {
    const from = this.#attempts.at(-1)?.route ?? this.#request.route
    const number = this.#attempts.length
    const stops = fallback.strategy === 'stop'
    const to = stops ? undefined : (fallback.to ?? 'gpt-fallback')
    this.#spans.push({
      ...this.#base(`f${number}`),
      name: [v.SPAN_FALLBACK_PREFIX, from, to].filter((part) => part !== undefined).join(' '),
      ms: [number * ATTEMPT_MS, number * ATTEMPT_MS],
      attributes: present({
        [v.ATTR_ATTEMPT_NUMBER]: stops ? undefined : number + 1,
        [v.ATTR_FALLBACK_FROM_ROUTE]: from,
        [v.ATTR_FALLBACK_TO_ROUTE]: to,
        [v.ATTR_FALLBACK_REASON]: this.#attempts.at(-1)?.failed?.reason,
        [v.ATTR_FALLBACK_STRATEGY]: fallback.strategy ?? 'restart',
        [v.ATTR_FALLBACK_WHY]: fallback.why ?? 'nothing_delivered',
        [v.ATTR_FALLBACK_FORCED]: fallback.forced ?? false,
        [v.ATTR_PAYLOAD_LAST_ROLE]: stops ? undefined : (fallback.lastRole ?? 'user'),
        [v.ATTR_PAYLOAD_PREFILL]: stops ? undefined : (fallback.prefill ?? false),
        [v.ATTR_SEAM_VERIFIED]: fallback.verified,
        [v.ATTR_SEAM_ALIGNED]: fallback.aligned,
        ...fallback.attributes,
      }),
    })
    return this
  }

  /** Ends the request as the sidecar would for these attempts, and hands the spans over. */
  end(end: BuildEnd = {}): readonly CompactSpan[] {
    const outcome = end.outcome ?? this.#outcome()
    const complete = outcome === 'ok' || outcome === 'rescued'
    const causeIndex = this.#attempts.findIndex(({ failed }) => failed !== undefined)
    const cause = this.#attempts[causeIndex]?.failed
    const path = {
      chat: '/v1/chat/completions',
      responses: '/v1/responses',
      messages: '/v1/messages',
    }
    const request: CompactSpan = {
      ...this.#base('00'),
      name: `POST ${path[this.#request.api]}`,
      kind: 'server',
      ms: [0, Math.max(1, this.#attempts.length) * ATTEMPT_MS],
      status: outcome === 'failed' ? 'error' : 'unset',
      attributes: present({
        [v.ATTR_SCHEMA]: v.SCHEMA_VERSION,
        [v.ATTR_API]: this.#request.api,
        [v.ATTR_ROUTE]: this.#request.route,
        [v.ATTR_STREAM]: this.#request.stream,
        [v.ATTR_OUTCOME]: outcome,
        [v.ATTR_ATTEMPTS]: this.#attempts.length,
        [v.ATTR_FALLBACKS_CONFIGURED]: this.#request.fallbacks,
        [v.ATTR_FALLBACKS_DISABLED]: false,
        [v.ATTR_FALLBACKS_NOT_TRIED]: end.notTried,
        [v.ATTR_ROOT_CAUSE_REASON]: cause?.reason,
        [v.ATTR_ROOT_CAUSE_PHASE]: cause?.phase,
        [v.ATTR_ROOT_CAUSE_ATTEMPT]: cause && causeIndex + 1,
        [v.ATTR_ROOT_CAUSE_STATUS_CODE]: cause && statusOf(cause),
        [v.ATTR_ROOT_CAUSE_ERROR_TYPE]: cause && (cause.errorType ?? cause.reason),
        [v.ATTR_ROOT_CAUSE_MESSAGE]: cause?.message,
        [v.ATTR_CLIENT_STATUS_CODE]: complete || cause?.phase === 'mid_stream' ? 200 : 502,
        [v.ATTR_CLIENT_ERROR_TYPE]: outcome === 'failed' ? 'api_error' : undefined,
        [v.ATTR_CLIENT_ERROR_ATTEMPT]: outcome === 'failed' ? causeIndex + 1 : undefined,
        [v.ATTR_CLIENT_MESSAGE]: outcome === 'failed' ? cause?.message : undefined,
        [v.ATTR_CLIENT_COMPLETE]: complete,
        ...end.attributes,
      }),
    }
    return [request, ...this.#spans]
  }

  #outcome(): v.Outcome {
    const last = this.#attempts.at(-1)
    if (last === undefined) return 'rejected'
    if (last.failed?.reason === 'client-aborted') return 'cancelled'
    if (last.failed !== undefined) return 'failed'
    return this.#attempts.length === 1 ? 'ok' : 'rescued'
  }

  #base(suffix: string): Pick<CompactSpan, 'id' | 'parent' | 'trace' | 'scope' | 'resource'> {
    const base = {
      id: `${this.#request.id}${suffix}`,
      trace: this.#request.trace,
      scope: `${v.SCOPE_NAME}@0.1.0`,
      resource: { 'service.name': 'secondwind' },
    }
    return suffix === '00' ? base : { ...base, parent: `${this.#request.id}00` }
  }

  #stages(attempt: CompactSpan, number: number, failed: BuildFailure | undefined): void {
    const [start, end] = attempt.ms
    const middle = (start + end) / 2
    const began = !deliversNothing(failed)
    this.#spans.push({
      ...this.#base(`c${number}`),
      parent: attempt.id,
      name: v.SPAN_FIRST_CHUNK,
      ms: [start, began ? middle : end],
      status: began ? 'unset' : 'error',
      attributes: present({
        [v.ATTR_ATTEMPT_NUMBER]: number,
        [v.ATTR_CONTENT_KIND]: began ? 'text' : undefined,
        [v.ATTR_FAILURE_REASON]: began ? undefined : failed?.reason,
      }),
    })
    if (!began) return
    this.#spans.push({
      ...this.#base(`d${number}`),
      parent: attempt.id,
      name: v.SPAN_STREAM,
      ms: [middle, end],
      status: failed === undefined ? 'unset' : 'error',
      attributes: present({
        [v.ATTR_ATTEMPT_NUMBER]: number,
        [v.ATTR_TERMINAL]: failed === undefined ? 'stop' : undefined,
        [v.ATTR_FAILURE_REASON]: failed?.reason,
      }),
    })
  }
}

function statusOf(failed: BuildFailure | undefined): number | undefined {
  return failed?.phase === 'before_headers' ? failed.statusCode : (failed?.statusCode ?? 200)
}

function deliversNothing(failed: BuildFailure | undefined): boolean {
  return failed !== undefined && failed.phase !== 'mid_stream' && failed.phase !== 'after_terminal'
}

function present(attributes: Attributes): Readonly<Record<string, CompactValue>> {
  const kept: Record<string, CompactValue> = {}
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) kept[key] = value
  return kept
}
