import { type Context, type Span as ApiSpan, createContextKey } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { ATTR_OUTCOME } from '../vocabulary.ts'

/** The spans of one request, complete, the request span last. */
export interface SpanGroup {
  readonly spans: readonly ReadableSpan[]
  /**
   * Failed or rescued: kept before the others. Not `rejected`, which anyone without a key can make
   * any number of.
   */
  readonly important: boolean
}

class OpenGroup {
  readonly spans: ReadableSpan[] = []
  root: object | undefined
}

const GROUP = createContextKey('secondwind.request')

/** The context in which all spans of one request must be started. */
export function withRequestGroup(context: Context): Context {
  return context.setValue(GROUP, new OpenGroup())
}

/**
 * Gathers a request's spans and hands them on when its request span ends: only then is the outcome
 * known, and only then may anyone decide what to keep. A group belongs to a request, not to a
 * trace, for an application's trace may hold many requests.
 */
export class RequestProcessor implements SpanProcessor {
  readonly #accept: (group: SpanGroup) => void
  readonly #groups = new WeakMap<object, OpenGroup>()

  constructor(accept: (group: SpanGroup) => void) {
    this.#accept = accept
  }

  onStart(span: ApiSpan, context: Context): void {
    const group = context.getValue(GROUP)
    if (!(group instanceof OpenGroup)) return
    // The first span that is started in a request's context is the request span.
    group.root ??= span
    this.#groups.set(span, group)
  }

  onEnd(span: ReadableSpan): void {
    const group = this.#groups.get(span)
    if (group === undefined) return
    group.spans.push(span)
    if (group.root !== span) return
    this.#accept({ spans: group.spans, important: isImportant(span) })
  }

  /** What has ended is in the export queue, whose owner flushes and closes it. */
  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

function isImportant(requestSpan: ReadableSpan): boolean {
  const outcome = requestSpan.attributes[ATTR_OUTCOME]
  return outcome === 'failed' || outcome === 'rescued'
}
