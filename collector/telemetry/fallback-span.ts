import { type Context, type Span, SpanKind } from '@opentelemetry/api'
import type { Seam } from '../continuation/client-stream.ts'
import type { FallbackDecision, FallbackRecorder } from '../routing/recorder.ts'
import * as v from '../vocabulary.ts'
import { fallbackPayloadValues } from './payload-shape.ts'
import type { SpanWriter } from './span-writer.ts'

/** One decision: from whom to whom, why, how the next target is asked to go on, and the seam. */
export class FallbackSpan implements FallbackRecorder {
  readonly #writer: SpanWriter
  readonly #span: Span
  #ended = false

  constructor(decision: FallbackDecision, writer: SpanWriter, context: Context) {
    this.#writer = writer
    const name = [v.SPAN_FALLBACK_PREFIX, decision.fromRoute, decision.toRoute]
    this.#span = writer.start({
      name: name.filter((part) => part !== undefined).join(' '),
      kind: SpanKind.INTERNAL,
      context,
    })
    writer.write(this.#span, 'fallback', {
      [v.ATTR_ATTEMPT_NUMBER]: decision.attemptNumber,
      [v.ATTR_FALLBACK_FROM_ROUTE]: decision.fromRoute,
      [v.ATTR_FALLBACK_TO_ROUTE]: decision.toRoute,
      [v.ATTR_FALLBACK_FROM_DEPLOYMENT]: decision.fromDeployment,
      [v.ATTR_FALLBACK_TO_DEPLOYMENT]: decision.toDeployment,
      [v.ATTR_FALLBACK_REASON]: decision.reason,
      [v.ATTR_FALLBACK_STRATEGY]: decision.strategy,
      [v.ATTR_FALLBACK_WHY]: decision.why,
      [v.ATTR_FALLBACK_FORCED]: decision.forced,
      [v.ATTR_FALLBACK_CAPABILITY_PREFILL]: decision.capability?.prefill,
      [v.ATTR_FALLBACK_CAPABILITY_SOURCE]: decision.capability?.source,
      ...fallbackPayloadValues(decision.payload),
    })
  }

  end(seam?: Seam): void {
    if (this.#ended) return
    this.#ended = true
    this.#writer.write(this.#span, 'fallback', {
      [v.ATTR_SEAM_VERIFIED]: seam?.verified,
      [v.ATTR_SEAM_ALIGNED]: seam?.aligned,
      [v.ATTR_SEAM_DROPPED_CHARS]: seam?.droppedChars,
      [v.ATTR_SEAM_HELD_MS]: seam?.heldMs,
    })
    this.#span.end(this.#writer.now())
  }
}
