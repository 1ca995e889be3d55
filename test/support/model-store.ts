import { decodeContext, decodeSpan } from '../../analyzer/ingest/otlp/decode-span.ts'
import type {
  Appended,
  LoggedChunk,
  ReceivedSpan,
  SourceCounts,
  SpanArrival,
  SpanCounts,
  SpanKeeper,
  SpanLimits,
  SpanReader,
  SpanWriter,
  StoredTrace,
  StorePart,
  StoreStats,
  Tally,
  TidyNow,
  TidyReport,
  TraceMoment,
} from '../../analyzer/store/store.ts'
import type { UsRange } from '../../analyzer/store/us-range.ts'
import type { Span, SpanHead } from '../../analyzer/story/span.ts'
import { isLaterVersion } from '../../analyzer/story/span-version.ts'
import { toRecord } from './to-record.ts'

/** Everything that was ever stored, in the order of its arrival. */
export interface ModelSpans {
  readonly spans: ReceivedSpan[]
  /** So many stood before these, and were dropped. */
  dropped: number
  readonly sources: Map<string, { stored: number; duplicates: number; lastReceivedMs: number }>
  readonly tallies: Tally[]
}

export function emptyModel(): ModelSpans {
  return { spans: [], dropped: 0, sources: new Map(), tallies: [] }
}

/** The interface of the store as simply as it can be said: the oracle for real engines. */
export class ModelWriter implements SpanWriter {
  readonly #model: ModelSpans

  constructor(model: ModelSpans) {
    this.#model = model
  }

  append(arrivals: readonly SpanArrival[], tallies: readonly Tally[] = []): Appended {
    const before = this.#model.spans.length
    let stored = 0
    let duplicates = 0
    for (const { source, receivedAtMs, records } of arrivals) {
      if (records.length === 0) continue
      const counts = this.#source(source)
      counts.lastReceivedMs = Math.max(counts.lastReceivedMs, receivedAtMs)
      for (const { bytes, context } of records) {
        const span = decodeSpan(bytes, decodeContext(context.bytes))
        const id = idOf({ span, source })
        const known = this.#model.spans.filter((each) => idOf(each) === id)
        if (known.length === 0) {
          stored += 1
          counts.stored += 1
        } else {
          duplicates += 1
          counts.duplicates += 1
          if (known.some((each) => !isLaterVersion(span, each.span))) continue
          // An earlier version that came with this one is never stored.
          const beside = this.#model.spans.findIndex(
            (each, at) => at >= before && idOf(each) === id,
          )
          if (beside >= 0) this.#model.spans.splice(beside, 1)
        }
        this.#model.spans.push({ span, source, receivedAtMs })
      }
    }
    for (const tally of tallies) {
      if (tally.count === 0) continue
      this.#model.tallies.push(tally)
      this.#source(tally.source)
    }
    return { stored, duplicates }
  }

  tidyUp(): void {
    // Nothing is written behind.
  }

  close(): void {
    // Nothing is held.
  }

  #source(name: string) {
    const known = this.#model.sources.get(name) ?? { stored: 0, duplicates: 0, lastReceivedMs: 0 }
    this.#model.sources.set(name, known)
    return known
  }
}

export class ModelReader implements SpanReader {
  readonly #model: ModelSpans

  constructor(model: ModelSpans) {
    this.#model = model
  }

  /** Each span a chunk of its own, at the place at which it came. */
  readAfter(position: number, spansMax: number): readonly LoggedChunk[] {
    const { spans, dropped } = this.#model
    const from = Math.max(0, position - dropped)
    return spans.slice(from, from + spansMax).map((each, index) => ({
      position: dropped + from + index + 1,
      source: each.source,
      receivedAtMs: each.receivedAtMs,
      heads: [headOf(each.span)],
      content: { bytes: 1, spans: () => [each.span] },
      isFirst: !spans.slice(0, from + index).some(({ span }) => span.traceId === each.span.traceId),
      times: {
        startUs: toUs(each.span.startTimeNs),
        failedUs: each.span.status.code === 'error' ? [toUs(each.span.endTimeNs)] : [],
      },
      unreadable: 0,
    }))
  }

  spansOf(source: string, traceId: string): StoredTrace {
    const { spans } = this.trace(traceId)
    return { spans: spans.filter((each) => each.source === source), isCut: false }
  }

  trace(traceId: string): StoredTrace {
    const last = new Map<string, ReceivedSpan>()
    for (const each of this.#model.spans) {
      const known = last.get(idOf(each))
      if (each.span.traceId !== traceId) continue
      if (known !== undefined && !isLaterVersion(each.span, known.span)) continue
      last.set(idOf(each), each)
    }
    return { spans: [...last.values()].toSorted(byStart), isCut: false }
  }

  failuresIn(source: string, range: UsRange, limit: number): readonly TraceMoment[] {
    const failed = this.#model.spans
      .filter(
        (each) =>
          each.source === source &&
          each.span.status.code === 'error' &&
          isIn(range, toUs(each.span.endTimeNs)),
      )
      .map(({ span }) => toMoment(span.traceId, span.endTimeNs))
    const traces = new Set([...new Set(failed.map(({ traceId }) => traceId))].slice(0, limit))
    return failed.filter(({ traceId }) => traces.has(traceId))
  }

  startsIn(source: string, range: UsRange, limit: number): readonly TraceMoment[] {
    const first = new Map<string, bigint>()
    for (const { span, source: from } of this.#model.spans) {
      const known = first.get(span.traceId)
      if (from !== source || (known !== undefined && known <= span.startTimeNs)) continue
      first.set(span.traceId, span.startTimeNs)
    }
    return [...first]
      .flatMap(([id, startNs]) => (isIn(range, toUs(startNs)) ? [toMoment(id, startNs)] : []))
      .slice(0, limit)
  }

  counts(): SpanCounts {
    const sources = [...this.#model.sources]
      .map(([name, counts]): SourceCounts => ({ name, ...counts, ...this.#refusals(name) }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    const sum = (of: (source: SourceCounts) => number): number =>
      sources.reduce((total, source) => total + of(source), 0)
    return {
      stored: sum((source) => source.stored),
      duplicates: sum((source) => source.duplicates),
      rejected: sum((source) => source.rejected),
      shed: sum((source) => source.shed),
      sources,
    }
  }

  close(): void {
    // Nothing is held.
  }

  #refusals(name: string) {
    const rejectedBy = new Map<string, number>()
    let shed = 0
    for (const { source, result, reason, count } of this.#model.tallies) {
      if (source !== name) continue
      if (result === 'shed') shed += count
      else rejectedBy.set(reason, (rejectedBy.get(reason) ?? 0) + count)
    }
    const rejected = [...rejectedBy.values()].reduce((total, count) => total + count, 0)
    return { rejected, rejectedBy, shed }
  }
}

/** Drops span by span, to the millisecond and to the byte. */
export class ModelKeeper implements SpanKeeper {
  readonly #model: ModelSpans

  constructor(model: ModelSpans) {
    this.#model = model
  }

  tidy({ ageMsMax, bytesMax }: SpanLimits, { nowMs, judgedUpTo }: TidyNow): TidyReport {
    const [oldest] = this.#model.spans
    const isOver =
      oldest !== undefined &&
      (oldest.receivedAtMs < nowMs - ageMsMax || this.stats().bytes > bytesMax)
    if (!isOver) return { more: false, done: [], failed: [] }
    this.#model.spans.shift()
    this.#model.dropped += 1
    const said = [`${oldest.span.spanId} was dropped`]
    return this.#model.dropped > judgedUpTo
      ? { more: true, done: [], failed: said }
      : { more: true, done: said, failed: [] }
  }

  stats(): StoreStats {
    const parts = this.#model.spans.map(({ span, receivedAtMs }, index): StorePart => {
      const last = index === this.#model.spans.length - 1
      const bytes = toRecord(span).bytes.length
      const times = { createdMs: receivedAtMs, lastReceivedMs: receivedAtMs }
      return { name: span.spanId, kind: last ? 'open' : 'sealed', bytes, spans: 1, ...times }
    })
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
    return { bytes, spans: parts.length, parts, damaged: [], setAside: [], freeBytes: Infinity }
  }

  close(): void {
    // Nothing is held.
  }
}

function headOf({ traceId, name, kind, scope }: Span): SpanHead {
  return { traceId, name, kind, scope }
}

function idOf({ span, source }: Pick<ReceivedSpan, 'span' | 'source'>): string {
  return `${span.traceId} ${span.spanId} ${source}`
}

function isIn({ fromUs, toUs: end }: UsRange, us: number): boolean {
  return us >= fromUs && us <= end
}

function toUs(ns: bigint): number {
  return Number(ns / 1000n)
}

function toMoment(traceId: string, ns: bigint): TraceMoment {
  return { traceId, atUs: toUs(ns), exactNs: () => [ns] }
}

function byStart(left: ReceivedSpan, right: ReceivedSpan): number {
  const [a, b] = [left.span, right.span]
  if (a.startTimeNs !== b.startTimeNs) return a.startTimeNs < b.startTimeNs ? -1 : 1
  if (a.spanId !== b.spanId) return a.spanId < b.spanId ? -1 : 1
  return left.source < right.source ? -1 : left.source > right.source ? 1 : 0
}
