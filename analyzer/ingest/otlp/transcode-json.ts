import { ABSENT, JsonMembers } from './json-members.ts'
import { JsonTape } from './json-tape.ts'
import { PlainAttributes } from './plain-attributes.ts'
import { MalformedError } from './protobuf-reader.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import { RejectedError, type Rejections } from './rejections.ts'
import { ScalarTranscoder } from './transcode-scalars.ts'
import { toJsonText } from './to-json-text.ts'
import { SpanTranscoder } from './transcode-span.ts'
import { ValueTranscoder } from './transcode-value.ts'

const CHUNK_BYTES = 64 * 1024

/** Lengths that most messages have, so that little is moved when theirs is known. */
const USUAL_BYTES = { list: 0x4000, span: 0x80 } as const

/** Unknown keys are ignored by rule, but these are mistakes that would look like empty requests. */
const MISTAKES = [
  ['resource_spans', 'OTLP/JSON keys are lowerCamelCase: resourceSpans, not resource_spans'],
  ['resourceLogs', 'these are logs, not traces'],
  ['resourceMetrics', 'these are metrics, not traces'],
] as const

/**
 * OTLP/JSON as the same request in protobuf, so that one path strips both: camelCase keys only,
 * enums as numbers, ids as hex of either case, 64-bit numbers as text or as numbers, unknown keys
 * ignored (OTLP specification, "JSON Protobuf Encoding"). It goes from bytes to bytes: no value is
 * made of what is only copied.
 */
export class JsonTranscoder {
  readonly #plain = new PlainAttributes()
  readonly #tape = new JsonTape({ plain: this.#plain })
  readonly #writer = new ProtobufWriter(CHUNK_BYTES)
  readonly #scalars = new ScalarTranscoder(this.#tape, this.#writer)
  readonly #values = new ValueTranscoder({
    tape: this.#tape,
    plain: this.#plain,
    writer: this.#writer,
    scalars: this.#scalars,
  })
  readonly #spans = new SpanTranscoder({
    tape: this.#tape,
    writer: this.#writer,
    scalars: this.#scalars,
    values: this.#values,
  })
  readonly #request = new JsonMembers(['resourceSpans', ...MISTAKES.map(([name]) => name)])
  readonly #resourceSpans = new JsonMembers(['resource', 'scopeSpans'])
  readonly #resource = new JsonMembers(['attributes', 'droppedAttributesCount'])
  readonly #scopeSpans = new JsonMembers(['scope', 'spans'])
  readonly #scope = new JsonMembers(['name', 'version', 'attributes', 'droppedAttributesCount'])

  /**
   * Spans that protobuf has no words for are counted as rejected; what is wrong otherwise is found
   * on the way that both take. What it gives is written over by the next body. Throws
   * `MalformedError`.
   */
  toProtobuf(body: Uint8Array, rejections: Rejections): Buffer {
    this.#writer.restart()
    try {
      this.#tape.read(toJsonText(body))
      this.#writeRequest(rejections)
      return this.#writer.take()
    } finally {
      this.#tape.forget()
      this.#writer.forget()
    }
  }

  #writeRequest(rejections: Rejections): void {
    const request = this.#request
    if (!request.read(this.#tape, 0)) throw new MalformedError('the body is not a JSON object')
    if (request.at(0) === ABSENT) complainOf(request)
    for (const item of this.#tape.itemsOf(request.at(0))) {
      this.#writeResourceSpans(item, rejections)
    }
  }

  #writeResourceSpans(token: number, rejections: Rejections): void {
    const members = this.#resourceSpans
    if (!members.read(this.#tape, token)) {
      throw new MalformedError('resourceSpans holds a non-object')
    }
    const mark = this.#writer.open(1, USUAL_BYTES.list)
    this.#writeResource(members.at(0))
    for (const item of this.#tape.itemsOf(members.at(1))) this.#writeScopeSpans(item, rejections)
    this.#writer.close(mark)
  }

  #writeScopeSpans(token: number, rejections: Rejections): void {
    const members = this.#scopeSpans
    if (!members.read(this.#tape, token)) throw new MalformedError('scopeSpans holds a non-object')
    const mark = this.#writer.open(2, USUAL_BYTES.list)
    this.#writeScope(members.at(0))
    for (const item of this.#tape.itemsOf(members.at(1))) this.#tryWriteSpan(item, rejections)
    this.#writer.close(mark)
  }

  #writeResource(token: number): void {
    const members = this.#resource
    if (!members.read(this.#tape, token)) return
    const mark = this.#writer.open(1, USUAL_BYTES.span)
    this.#values.attributes(1, members.at(0), { lenient: true })
    this.#scalars.count(2, members.at(1))
    this.#writer.close(mark)
  }

  #writeScope(token: number): void {
    const members = this.#scope
    if (!members.read(this.#tape, token)) return
    const mark = this.#writer.open(1)
    this.#scalars.text(1, members.at(0))
    this.#scalars.text(2, members.at(1))
    this.#values.attributes(3, members.at(2), { lenient: true })
    this.#scalars.count(4, members.at(3))
    this.#writer.close(mark)
  }

  #tryWriteSpan(token: number, rejections: Rejections): void {
    const before = this.#writer.mark()
    try {
      const mark = this.#writer.open(2, USUAL_BYTES.span)
      this.#spans.write(token)
      this.#writer.close(mark)
    } catch (error: unknown) {
      if (!(error instanceof RejectedError)) throw error
      this.#writer.rewind(before)
      rejections.add(error.reason)
    }
  }
}

function complainOf(request: JsonMembers): void {
  for (const [index, [, why]] of MISTAKES.entries()) {
    if (request.at(index + 1) !== ABSENT) throw new MalformedError(why)
  }
}
