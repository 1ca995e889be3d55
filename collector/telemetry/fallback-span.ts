import type { Context } from '@opentelemetry/api'
import type { Seam } from '../continuation/client-stream.ts'
import type { FallbackDecision, FallbackRecorder } from '../routing/recorder.ts'
import * as v from '../vocabulary.ts'
import type { RecordedSpan } from './recorded-span.ts'
import type { SpanStarter } from './span-starter.ts'

/** One decision: from whom to whom, why, how the next target is asked to go on, and the seam. */
export class FallbackSpan implements FallbackRecorder {
  readonly #starter: SpanStarter
  readonly #span: RecordedSpan<'fallback'>
  #ended = false

  constructor(decision: FallbackDecision, starter: SpanStarter, context: Context) {
    this.#starter = starter
    const words = [v.SPAN_FALLBACK_PREFIX, decision.fromRoute, decision.toRoute]
    this.#span = starter.start({
      name: 'fallback',
      title: words.filter((word) => word !== undefined).join(' '),
      context,
    })
    const span = this.#span
    span.set(v.ATTR_ATTEMPT_NUMBER, decision.attemptNumber)
    span.set(v.ATTR_FALLBACK_FROM_ROUTE, decision.fromRoute)
    span.set(v.ATTR_FALLBACK_TO_ROUTE, decision.toRoute)
    span.set(v.ATTR_FALLBACK_FROM_DEPLOYMENT, decision.fromDeployment)
    span.set(v.ATTR_FALLBACK_TO_DEPLOYMENT, decision.toDeployment)
    span.set(v.ATTR_FALLBACK_REASON, decision.reason)
    span.set(v.ATTR_FALLBACK_STRATEGY, decision.strategy)
    span.set(v.ATTR_FALLBACK_WHY, decision.why)
    span.set(v.ATTR_FALLBACK_FORCED, decision.forced)
    span.set(v.ATTR_FALLBACK_CAPABILITY_PREFILL, decision.capability?.prefill)
    span.set(v.ATTR_FALLBACK_CAPABILITY_SOURCE, decision.capability?.source)
    this.#setPayload(decision.payload)
  }

  end(seam?: Seam): void {
    if (this.#ended) return
    this.#ended = true
    const span = this.#span
    span.set(v.ATTR_SEAM_VERIFIED, seam?.verified)
    span.set(v.ATTR_SEAM_ALIGNED, seam?.aligned)
    span.set(v.ATTR_SEAM_DROPPED_CHARS, seam?.droppedChars)
    span.set(v.ATTR_SEAM_HELD_MS, seam?.heldMs)
    span.end(this.#starter.now())
  }

  /** Shape of the request that the fallback sends: counts and names, never content. */
  #setPayload(payload: FallbackDecision['payload']): void {
    if (payload === undefined) return
    const span = this.#span
    span.set(v.ATTR_PAYLOAD_MESSAGES, payload.messages)
    span.set(v.ATTR_PAYLOAD_MESSAGES_ADDED, payload.messagesAdded)
    span.set(v.ATTR_PAYLOAD_LAST_ROLE, payload.lastRole)
    span.set(v.ATTR_PAYLOAD_PREFILL, payload.prefill)
    span.set(v.ATTR_PAYLOAD_BYTES, payload.bytes)
    span.set(v.ATTR_PAYLOAD_PARTIAL_CHARS, payload.partialChars)
    span.set(v.ATTR_PAYLOAD_TOOLS, payload.tools)
    span.set(v.ATTR_PAYLOAD_TOOL_CHOICE, payload.toolChoice)
    span.set(v.ATTR_PAYLOAD_RESPONSE_FORMAT, payload.responseFormat)
    span.set(v.ATTR_PAYLOAD_MAX_TOKENS, payload.maxTokens)
  }
}
