import { DEFAULT_SOURCE } from '../config/config.ts'
import type { SpanRecord } from '../store/span-record.ts'
import type { SpanWriter, Tally } from '../store/store.ts'
import { toRecord } from '../store/to-record.ts'
import type { Span } from '../story/span.ts'
import { decodeOtlp, type Encoding } from './decode-otlp.ts'
import type { DecodedSpans, RejectCounts } from './decoded.ts'
import { GroupCommit } from './group-commit.ts'
import { inflate } from './inflate.ts'
import type { IngestCounts } from './ingest-report.ts'
import { peekFailures } from './peek-failures.ts'
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
  /** Whether bodies without a failure are to be turned away: asked as each is looked at. */
  readonly sheds: () => boolean
  readonly isStoreTrouble: (error: unknown) => boolean
  readonly counts: IngestCounts
  readonly now: () => number
  readonly log: (line: string) => void
}

/** A body that was decoded and stripped, and waits for its commit. */
interface ReadyBody {
  readonly spans: readonly Span[]
  readonly source: string | undefined
  readonly reasons: RejectCounts
}

/** Decodes, strips and commits export requests. */
export class Ingestor {
  readonly #options: IngestorOptions
  readonly #commit: GroupCommit<ReadyBody>

  constructor(options: IngestorOptions) {
    this.#options = options
    const { counts, isStoreTrouble, log } = options
    this.#commit = new GroupCommit({
      write: (bodies) => this.#write(bodies),
      isStoreTrouble,
      onCommit: (report) => counts.committed(report),
      log,
    })
  }

  async receive(request: ExportBody): Promise<IngestAnswer> {
    const plain = request.gzip
      ? inflate(request.body, this.#options.bodyBytesMax)
      : ({ kind: 'inflated', body: request.body } as const)
    switch (plain.kind) {
      case 'too-large':
        return { kind: 'too-large' }
      case 'malformed':
        return { kind: 'malformed', message: 'the body is not gzip' }
      case 'inflated':
        return this.#take(plain.body, request)
    }
  }

  /** Commits what is waiting; for the end of the process. */
  flush(): void {
    this.#commit.flush()
  }

  async #take(body: Uint8Array, { encoding, source }: ExportBody): Promise<IngestAnswer> {
    // Failures are what this program is for: they are taken for as long as there is room at all.
    if (encoding === 'protobuf' && this.#options.sheds()) {
      const peeked = peekFailures(body)
      if (peeked.kind === 'healthy') return this.#shed(source, peeked.spans)
    }
    const decoded = decodeOtlp(body, encoding)
    if (decoded.kind === 'malformed') return decoded
    // JSON has to be parsed before anything can be said of it.
    if (encoding === 'json' && this.#options.sheds() && isHealthy(decoded)) {
      return this.#shed(source, decoded.spans.length)
    }
    return this.#store(decoded, source)
  }

  async #store(decoded: DecodedSpans, source: string | undefined): Promise<IngestAnswer> {
    const spans = stripContent(decoded.spans, { salt: this.#options.salt })
    const { rejected, reasons } = decoded
    // Senders ask with an empty request whether somebody is there.
    if (spans.length + rejected === 0) return { kind: 'stored', stored: 0, rejected, reasons }
    const isStored = await this.#commit.add({ spans, source, reasons }, spans.length)
    if (isStored) {
      this.#options.counts.rejected(reasons)
      return { kind: 'stored', stored: spans.length, rejected, reasons }
    }
    return {
      kind: 'unavailable',
      message: 'the data folder cannot be written right now',
      retryAfterMs: spreadRetryMs(),
    }
  }

  #shed(source: string | undefined, spans: number): IngestAnswer {
    this.#options.counts.shed(source ?? '', spans)
    return {
      kind: 'busy',
      message: 'more arrives than can be written, and failures go first; come again',
      retryAfterMs: spreadRetryMs(),
    }
  }

  #write(bodies: readonly ReadyBody[]): void {
    const { writer, sourceOf, now } = this.#options
    const receivedAtMs = now()
    const bySource = new Map<string, SpanRecord[]>()
    const tallies: Tally[] = []
    for (const { spans, source, reasons } of bodies) {
      for (const span of spans) {
        const name = source ?? sourceOf(span)
        const records = bySource.get(name)
        if (records === undefined) bySource.set(name, [toRecord(span)])
        else records.push(toRecord(span))
      }
      for (const [reason, count] of Object.entries(reasons)) {
        tallies.push({ source: source ?? DEFAULT_SOURCE, result: 'rejected', reason, count })
      }
    }
    const arrivals = [...bySource].map(([source, records]) => ({ source, receivedAtMs, records }))
    writer.append(arrivals, tallies)
  }
}

/** An empty body is: there is nothing in it to lose. */
function isHealthy({ spans }: DecodedSpans): boolean {
  return spans.every(({ status }) => status.code !== 'error')
}
