import { JsonDocumentReader } from './json-document-reader.ts'
import type { Found, SpanFileReader } from './span-file-reader.ts'

const NEWLINE = 0x0a

/**
 * Reads a document per line, as the Collector's file exporter writes them. A bad line costs itself
 * only.
 */
export class JsonLinesReader implements SpanFileReader {
  readonly encoding = 'json'
  readonly format = 'OTLP JSON, one document per line'
  #line = 1
  #byte = 0
  #document = new JsonDocumentReader()

  end(): Iterable<Found> {
    return this.#document.end()
  }

  *push(chunk: Buffer): Iterable<Found> {
    let start = 0
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start)
      if (newline === -1) break
      yield* this.#document.push(chunk.subarray(start, newline))
      yield* this.#document.end()
      start = newline + 1
      this.#line += 1
      this.#document = new JsonDocumentReader({ line: this.#line, byte: this.#byte + start })
    }
    yield* this.#document.push(chunk.subarray(start))
    this.#byte += chunk.length
  }
}
