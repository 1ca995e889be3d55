import {
  type AttributeValue,
  type Context,
  type HrTime,
  type Span,
  type SpanKind,
  type Tracer,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import {
  ATTR_CLIENT_MESSAGE,
  ATTR_FAILURE_MESSAGE,
  ATTR_ROOT_CAUSE_MESSAGE,
  KEYS_BY_SPAN,
  MESSAGE_CHARS_MAX,
} from '../vocabulary.ts'
import type { Scrubber } from './scrub.ts'

/** The kinds of span that we write; `KEYS_BY_SPAN` lists what each may carry. */
export type SpanName = keyof typeof KEYS_BY_SPAN

/** Values of one kind of span; the compiler refuses a key that is not in its list. */
export type SpanValues<N extends SpanName> = {
  readonly [key in (typeof KEYS_BY_SPAN)[N][number]]?: AttributeValue | undefined
}

/**
 * Names of models, routes and upstream ids; longer ones are somebody's attempt to fill the store.
 */
const VALUE_CHARS_MAX = 256
/** Elements of a list: routes of a chain, deployments skipped. */
const LIST_LENGTH_MAX = 64

const MESSAGE_KEYS: ReadonlySet<string> = new Set([
  ATTR_ROOT_CAUSE_MESSAGE,
  ATTR_CLIENT_MESSAGE,
  ATTR_FAILURE_MESSAGE,
])

const ALLOWED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(KEYS_BY_SPAN).map(([name, keys]) => [name, new Set<string>(keys)]),
)

export interface SpanWriterOptions {
  readonly tracer: Tracer
  readonly scrubber: Scrubber
  readonly now: () => HrTime
}

export interface SpanStart {
  readonly name: string
  readonly kind: SpanKind
  readonly context: Context
  readonly startTime?: HrTime
}

/** The only place that writes to a span: keys by allow-list, every text scrubbed and cut (I10). */
export class SpanWriter {
  readonly #options: SpanWriterOptions

  constructor(options: SpanWriterOptions) {
    this.#options = options
  }

  now(): HrTime {
    return this.#options.now()
  }

  start(start: SpanStart): Span {
    const { tracer, scrubber } = this.#options
    return tracer.startSpan(
      scrubber.scrub(start.name, VALUE_CHARS_MAX),
      { kind: start.kind, startTime: start.startTime ?? this.now() },
      start.context,
    )
  }

  write<N extends SpanName>(span: Span, name: N, values: SpanValues<N>): void {
    const allowed = ALLOWED.get(name)
    for (const [key, value] of Object.entries<AttributeValue | undefined>(values)) {
      if (value === undefined || allowed?.has(key) !== true) continue
      const clean = this.#clean(key, value)
      if (clean !== undefined) span.setAttribute(key, clean)
    }
  }

  fail(span: Span, message: string): void {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: this.#options.scrubber.scrub(message, MESSAGE_CHARS_MAX),
    })
  }

  #clean(key: string, value: AttributeValue): AttributeValue | undefined {
    const charsMax = MESSAGE_KEYS.has(key) ? MESSAGE_CHARS_MAX : VALUE_CHARS_MAX
    const { scrubber } = this.#options
    if (typeof value === 'string') return scrubber.scrub(value, charsMax)
    // OTLP/JSON has no word for NaN or infinity that every receiver reads.
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    if (typeof value === 'boolean') return value
    return value
      .filter((element) => typeof element === 'string')
      .slice(0, LIST_LENGTH_MAX)
      .map((element) => scrubber.scrub(element, charsMax))
  }
}

/** `context` with `span` as the parent of what is started in it. */
export function childContext(context: Context, span: Span): Context {
  return trace.setSpan(context, span)
}
