import type { SpanRecord } from '../store/span-record.ts'
import { DECODE_NOTES, type Decoded, type DecodeNote, orMalformed } from './otlp/decoded.ts'
import { RejectedError, type RejectReason, Rejections } from './otlp/rejections.ts'
import { ValueBudget } from './otlp/value-budget.ts'
import { KEPT_BYTES_MAX, SPANS_MAX } from './limits.ts'
import { ProtobufReader } from './otlp/protobuf-reader.ts'
import { ProtobufWriter } from './otlp/protobuf-writer.ts'
import { AttributeStripper } from './strip/strip-attributes.ts'
import { ContextStripper, type StrippedContext } from './strip/strip-context.ts'
import { EventStripper } from './strip/strip-event.ts'
import { LinkStripper } from './strip/strip-link.ts'
import { SpanStripper } from './strip/strip-span.ts'
import type { StripOptions } from './strip/strip-text.ts'
import { JsonTranscoder } from './otlp/transcode-json.ts'
import { treatmentInContentEvent, treatmentOf } from './strip/treatment.ts'
import { type Place, type RequestVisitor, walkRequest } from './otlp/walk-request.ts'

export type Encoding = 'protobuf' | 'json'

/** Records of this many bytes together are pieces of one allocation. */
const CHUNK_BYTES = 256 * 1024

const NOTHING = new Uint8Array()

/**
 * Turns the bodies of `POST /v1/traces` into what is kept of them, whatever they hold. A bad span
 * costs itself only; a body that is not what its encoding says costs the whole request. It
 * remembers what it has seen, in order to be fast, and never lets that change what it does.
 */
export class OtlpDecoder {
  readonly #reader = new ProtobufReader(NOTHING)
  readonly #budget = new ValueBudget()
  readonly #json = new JsonTranscoder()
  readonly #contexts: ContextStripper
  readonly #spans: SpanStripper
  readonly #visitor: RequestVisitor = {
    context: (resource, scope) => this.#enterContext(resource, scope),
    span: () => this.#addSpan(),
  }
  #records: SpanRecord[] = []
  #rejections = new Rejections()
  #keptBytes = 0
  #context: StrippedContext | undefined

  constructor({ salt }: StripOptions) {
    const reader = this.#reader
    const writer = new ProtobufWriter(CHUNK_BYTES)
    const ofSpan = { reader, writer, budget: this.#budget, salt, treatmentOf, lenient: false }
    const attributes = new AttributeStripper(ofSpan)
    const contentAttributes = new AttributeStripper({
      ...ofSpan,
      treatmentOf: treatmentInContentEvent,
    })
    this.#spans = new SpanStripper({
      reader,
      writer,
      attributes,
      events: new EventStripper({ reader, writer, attributes, contentAttributes }),
      links: new LinkStripper({ reader, writer, attributes }),
    })
    const ofContext = {
      ...ofSpan,
      writer: new ProtobufWriter(),
      // Spans are not to blame for their resource: only the value is lost.
      budget: new ValueBudget(),
      lenient: true,
    }
    this.#contexts = new ContextStripper({
      ...ofContext,
      attributes: new AttributeStripper(ofContext),
    })
  }

  decode(body: Uint8Array, encoding: Encoding): Decoded {
    return this.#decode((rejections) =>
      encoding === 'json' ? this.#json.toProtobuf(body, rejections) : body,
    )
  }

  #decode(toBody: (rejections: Rejections) => Uint8Array): Decoded {
    const rejections = new Rejections()
    this.#rejections = rejections
    this.#records = []
    this.#keptBytes = 0
    this.#budget.reset()
    this.#spans.backwards = 0
    const decoded = orMalformed(() => {
      this.#reader.open(toBody(rejections))
      walkRequest(this.#reader, this.#visitor)
      return {
        kind: 'decoded',
        records: this.#records,
        rejected: rejections.total,
        reasons: rejections.reasons(),
        notes: this.#notes(),
      }
    })
    // A body may be large; nothing of it is needed any more.
    this.#reader.open(NOTHING)
    this.#records = []
    this.#context = undefined
    return decoded
  }

  #notes(): readonly DecodeNote[] {
    return [
      ...(this.#budget.stringIndexes > 0 ? [DECODE_NOTES.stringIndex] : []),
      ...(this.#spans.backwards > 0 ? [DECODE_NOTES.backwards] : []),
    ]
  }

  #enterContext(resource: Place, scope: Place): void {
    this.#context = this.#contexts.strip(resource, scope)
    this.#budget.add(this.#context.cost)
  }

  #addSpan(): void {
    const result = this.#readSpan()
    if (typeof result === 'string') this.#rejections.add(result)
    else this.#records.push(result)
  }

  #readSpan(): SpanRecord | RejectReason {
    if (this.#context === undefined) throw new TypeError('a span stands outside of a scope')
    if (this.#records.length >= SPANS_MAX) return 'too-many-spans'
    try {
      const record = this.#spans.strip(this.#context)
      if (typeof record === 'string') return record
      this.#keptBytes += record.bytes.length
      return this.#keptBytes > KEPT_BYTES_MAX ? 'too-many-values' : record
    } catch (error: unknown) {
      if (error instanceof RejectedError) return error.reason
      throw error
    }
  }
}
