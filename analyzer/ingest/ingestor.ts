import type { SpanWriter } from '../store/store.ts'
import type { Span } from '../story/span.ts'
import { decodeOtlp, type Encoding } from './decode-otlp.ts'
import type { RejectCounts } from './decoded.ts'
import { inflate } from './inflate.ts'
import { spreadRetryMs } from './spread-retry.ts'
import { stripContent } from './strip-content.ts'

/** One export request, as it came. */
export interface ExportBody {
  readonly body: Uint8Array
  readonly encoding: Encoding
  readonly gzip: boolean
  /** Told by the sender's token; otherwise the spans' resource tells. */
  readonly source?: string
}

/** What the sender is told. */
export type IngestAnswer =
  /** On disk: all of its spans but `rejected`. */
  | {
      readonly kind: 'stored'
      readonly stored: number
      readonly rejected: number
      readonly reasons: RejectCounts
    }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'too-large' }
  /** More comes than can be written: not stored, the same again will be fine later. */
  | { readonly kind: 'busy'; readonly message: string; readonly retryAfterMs: number }
  /** The data folder cannot be written: not stored, the same again will be fine later. */
  | { readonly kind: 'unavailable'; readonly message: string; readonly retryAfterMs: number }

export interface IngestorOptions {
  readonly writer: SpanWriter
  readonly salt: Uint8Array
  /** Of one body after decompression. */
  readonly bodyBytesMax: number
  readonly sourceOf: (span: Span) => string
  readonly now: () => number
  readonly log: (line: string) => void
}

/**
 * One commit for all that came in this time: an fsync costs more than decoding hundreds of spans.
 */
const GROUP_MS = 5
/** … but no sender waits for more spans than this. */
const GROUP_SPANS = 512

interface Waiting {
  readonly spans: readonly Span[]
  readonly source: string | undefined
  readonly rejected: number
  readonly answer: (committed: boolean) => void
}

/**
 * Decodes, strips and commits export requests. An answer `stored` is a promise: it is given after
 * the commit is on disk (invariant I7).
 */
export class Ingestor {
  readonly #options: IngestorOptions
  #group: Waiting[] = []
  #groupSpans = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: IngestorOptions) {
    this.#options = options
  }

  receive(request: ExportBody): Promise<IngestAnswer> {
    const plain = request.gzip
      ? inflate(request.body, this.#options.bodyBytesMax)
      : ({ kind: 'inflated', body: request.body } as const)
    switch (plain.kind) {
      case 'too-large':
        return Promise.resolve({ kind: 'too-large' })
      case 'malformed':
        return Promise.resolve({ kind: 'malformed', message: 'the body is not gzip' })
      case 'inflated':
        return this.#decode(plain.body, request)
    }
  }

  /** Commits what is waiting; for the end of the process. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const group = this.#group
    if (group.length === 0) return
    this.#group = []
    this.#groupSpans = 0
    const committed = this.#commit(group)
    for (const waiting of group) waiting.answer(committed)
  }

  #decode(body: Uint8Array, { encoding, source }: ExportBody): Promise<IngestAnswer> {
    const decoded = decodeOtlp(body, encoding)
    if (decoded.kind === 'malformed') return Promise.resolve(decoded)
    const spans = stripContent(decoded.spans, { salt: this.#options.salt })
    const { rejected, reasons } = decoded
    return new Promise((resolve) => {
      const answer = (committed: boolean): void => {
        resolve(
          committed
            ? { kind: 'stored', stored: spans.length, rejected, reasons }
            : {
                kind: 'unavailable',
                message: 'the data folder cannot be written right now',
                retryAfterMs: spreadRetryMs(),
              },
        )
      }
      this.#enqueue({ spans, source, rejected, answer })
    })
  }

  #enqueue(waiting: Waiting): void {
    this.#group.push(waiting)
    this.#groupSpans += waiting.spans.length
    if (this.#groupSpans >= GROUP_SPANS) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), GROUP_MS)
  }

  #commit(group: readonly Waiting[]): boolean {
    const { writer, sourceOf, now, log } = this.#options
    const receivedAtMs = now()
    try {
      writer.append(
        group.flatMap(({ spans, source }) =>
          spans.map((span) => ({ span, source: source ?? sourceOf(span), receivedAtMs })),
        ),
      )
      const rejected = group.reduce((sum, waiting) => sum + waiting.rejected, 0)
      if (rejected > 0) writer.countRejected(rejected)
      return true
    } catch (error: unknown) {
      // Disk full, file locked: the sender keeps the spans and comes again.
      log(`spans were not stored: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
  }
}
