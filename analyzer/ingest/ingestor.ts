import { DEFAULT_SOURCE } from '../config/config.ts'
import type { ContextRecord, SpanRecord } from '../store/span-record.ts'
import type { SpanWriter, Tally } from '../store/store.ts'
import { OtlpDecoder, type Encoding } from './decode-otlp.ts'
import type { DecodedRecords } from './otlp/decoded.ts'
import type { RejectCounts } from './otlp/rejections.ts'
import { GroupCommit } from './group-commit.ts'
import { inflate } from './inflate.ts'
import type { IngestCounts } from './ingest-report.ts'
import { peekFailures } from './otlp/peek-failures.ts'
import { spreadRetryMs } from './spread-retry.ts'
import type { WriteLog } from '../log.ts'

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
      /** What the sender should know although its spans were taken. */
      readonly notes?: readonly string[]
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
  readonly sourceOf: (context: Pick<ContextRecord, 'resource'>) => string
  /** Whether bodies without a failure are to be turned away: asked as each is looked at. */
  readonly sheds: () => boolean
  readonly isStoreTrouble: (error: unknown) => boolean
  readonly counts: IngestCounts
  readonly now: () => number
  readonly log: WriteLog
}

/** A body that was decoded and stripped, and waits for its commit. */
interface ReadyBody {
  readonly records: readonly SpanRecord[]
  readonly source: string | undefined
  readonly reasons: RejectCounts
}

/** Decodes, strips and commits export requests. */
export class Ingestor {
  readonly #options: IngestorOptions
  readonly #decoder: OtlpDecoder
  readonly #commit: GroupCommit<ReadyBody>
  /** Spans that were shed since the last commit, by source: counted with the next one. */
  readonly #shedSpans = new Map<string, number>()

  constructor(options: IngestorOptions) {
    this.#options = options
    this.#decoder = new OtlpDecoder(options)
    const { counts, isStoreTrouble, log } = options
    this.#commit = new GroupCommit({
      write: (bodies) => this.#write(bodies),
      tidyUp: () => options.writer.tidyUp(),
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
      if (peeked.kind === 'healthy') {
        return this.#shed(source ?? this.#options.sourceOf(peeked), peeked.spans)
      }
    }
    const decoded = this.#decoder.decode(body, encoding)
    if (decoded.kind === 'malformed') return decoded
    // JSON has to be parsed before anything can be said of it.
    if (encoding === 'json' && this.#options.sheds() && isHealthy(decoded)) {
      return this.#shed(source ?? this.#sourceOf(decoded), decoded.records.length)
    }
    return this.#store(decoded, source)
  }

  async #store(decoded: DecodedRecords, source: string | undefined): Promise<IngestAnswer> {
    const { records, rejected, reasons, notes } = decoded
    const stored = records.length
    // Senders ask with an empty request whether somebody is there.
    if (stored + rejected === 0) return { kind: 'stored', stored, rejected, reasons }
    const isStored = await this.#commit.add({ records, source, reasons }, stored)
    if (isStored) return { kind: 'stored', stored, rejected, reasons, notes }
    return {
      kind: 'unavailable',
      message: 'the data folder cannot be written right now',
      retryAfterMs: spreadRetryMs(),
    }
  }

  #shed(source: string, spans: number): IngestAnswer {
    this.#options.counts.shed()
    this.#shedSpans.set(source, (this.#shedSpans.get(source) ?? 0) + spans)
    return {
      kind: 'busy',
      message: 'more arrives than can be written, and failures go first; come again',
      retryAfterMs: spreadRetryMs(),
    }
  }

  #write(bodies: readonly ReadyBody[]): void {
    const { writer, sourceOf, counts, now } = this.#options
    const receivedAtMs = now()
    const bySource = new Map<string, SpanRecord[]>()
    const tallies = this.#shedTallies()
    for (const body of bodies) {
      const { records, source, reasons } = body
      for (const record of records) {
        const name = source ?? sourceOf(record.context)
        const arrived = bySource.get(name)
        if (arrived === undefined) bySource.set(name, [record])
        else arrived.push(record)
      }
      for (const [reason, count] of Object.entries(reasons)) {
        tallies.push({ source: source ?? this.#sourceOf(body), result: 'rejected', reason, count })
      }
    }
    const arrivals = [...bySource].map(([source, records]) => ({ source, receivedAtMs, records }))
    writer.append(arrivals, tallies)
    this.#shedSpans.clear()
    for (const { source, records } of arrivals) {
      const endMs = records.reduce((latest, { endUs }) => Math.max(latest, endUs), 0) / 1000
      counts.clocks.note(source, { endMs, receivedAtMs })
    }
  }

  #shedTallies(): Tally[] {
    return [...this.#shedSpans].map(([source, count]) => ({
      source,
      result: 'shed',
      reason: 'pressure',
      count,
    }))
  }

  /** Of spans whose own resource is not known any more: that of those beside them. */
  #sourceOf({ records }: Pick<ReadyBody, 'records'>): string {
    const [first] = records
    return first === undefined ? DEFAULT_SOURCE : this.#options.sourceOf(first.context)
  }
}

/** An empty body is: there is nothing in it to lose. */
function isHealthy({ records }: DecodedRecords): boolean {
  return records.every(({ isError }) => !isError)
}
