import { type Context, type HrTime, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import { RecordedSpan, type SpanName } from './recorded-span.ts'

export interface SpanStart<N extends SpanName> {
  readonly name: N
  /** What the span is called on the wire. */
  readonly title: string
  /** With the span above as parent. */
  readonly context: Context
  readonly startTime?: HrTime
}

const KINDS: Readonly<Record<SpanName, SpanKind>> = {
  request: SpanKind.SERVER,
  attempt: SpanKind.CLIENT,
  first_chunk: SpanKind.INTERNAL,
  stream: SpanKind.INTERNAL,
  fallback: SpanKind.INTERNAL,
}

/** Starts the spans of one request and keeps them, in the order in which they were started. */
export class SpanStarter {
  readonly #tracer: Tracer
  readonly #now: () => HrTime
  readonly #spans: RecordedSpan[] = []

  constructor(tracer: Tracer, now: () => HrTime) {
    this.#tracer = tracer
    this.#now = now
  }

  get spans(): readonly RecordedSpan[] {
    return this.#spans
  }

  now(): HrTime {
    return this.#now()
  }

  start<N extends SpanName>({ name, title, context, startTime }: SpanStart<N>): RecordedSpan<N> {
    const options = { kind: KINDS[name], startTime: startTime ?? this.#now() }
    const span = new RecordedSpan(name, this.#tracer.startSpan(title, options, context))
    this.#spans.push(span)
    return span
  }
}

/** `context` with `parent` as the parent of what is started in it. */
export function childContext(context: Context, parent: RecordedSpan): Context {
  return trace.setSpan(context, parent.span)
}
