import type { SpanReader, TraceMoment } from '../../analyzer/store/store.ts'
import { toUsRange } from '../../analyzer/store/us-range.ts'
import type { TimeRange } from '../../analyzer/story/join-window.ts'

interface Asked {
  readonly source: string
  readonly range: TimeRange
  readonly limit: number
}

/** Traces that failed in the range, to the nanosecond. */
export function failedIn(reader: SpanReader, { source, range, limit }: Asked): readonly string[] {
  return within(reader.failuresIn(source, toUsRange(range), limit), range)
}

/** Traces that began in the range, to the nanosecond. */
export function startedIn(reader: SpanReader, { source, range, limit }: Asked): readonly string[] {
  return within(reader.startsIn(source, toUsRange(range), limit), range)
}

function within(moments: readonly TraceMoment[], { fromNs, toNs }: TimeRange): readonly string[] {
  const own = moments.filter(({ exactNs }) => exactNs().some((ns) => ns >= fromNs && ns <= toNs))
  return [...new Set(own.map(({ traceId }) => traceId))].toSorted()
}
