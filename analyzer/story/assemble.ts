import { DIALECTS } from './dialects/index.ts'
import type { Dialect } from './dialects/dialect.ts'
import type { RouterConfig } from './router-config.ts'
import type { Span } from './span.ts'
import { isLaterVersion } from './span-version.ts'
import type { Story } from './story.ts'

export interface AssembleInput {
  /** Who sent the spans; offline, the file. */
  readonly source: string
  /** Any order, duplicates allowed; every span of every trace that is to be told. */
  readonly spans: readonly Span[]
  readonly routerConfig: RouterConfig | undefined
  /** More neighbouring traces than `NEIGHBOUR_TRACES_MAX`: these are not all that happened. */
  readonly crowded?: boolean
}

/**
 * Every story that the spans of one source tell. Pure, and independent of the order in which spans
 * came and of duplicates (invariant I8). Spans that no dialect recognises tell nothing.
 */
export function assembleStories({
  source,
  spans,
  routerConfig,
  crowded,
}: AssembleInput): readonly Story[] {
  const ordered = inOrder(spans)
  const stories = DIALECTS.flatMap((dialect) => {
    const own = spansOf(dialect, ordered)
    return own.length === 0 ? [] : dialect.toStories({ source, spans: own, routerConfig, crowded })
  })
  return stories.toSorted(byStartThenId)
}

/** Whether any dialect reads this span: a source whose spans are all unknown is misconfigured. */
export function isRecognised(span: Span): boolean {
  return DIALECTS.some((dialect) => dialect.recognises(span))
}

function spansOf(dialect: Dialect, spans: readonly Span[]): readonly Span[] {
  const traceIds = new Set<string>()
  for (const span of spans) if (dialect.recognises(span)) traceIds.add(span.traceId)
  if (traceIds.size === 0) return []
  for (const span of spans) if (dialect.readsToo?.(span) === true) traceIds.add(span.traceId)
  return spans.filter((span) => traceIds.has(span.traceId))
}

/**
 * One canonical order without duplicates. Of a span that came twice with different contents (a
 * retried export after a crash) one is kept, whichever came first.
 */
function inOrder(spans: readonly Span[]): readonly Span[] {
  const traces = new Map<string, Map<string, Span>>()
  for (const span of spans) {
    const trace = traces.get(span.traceId) ?? new Map<string, Span>()
    if (trace.size === 0) traces.set(span.traceId, trace)
    const known = trace.get(span.spanId)
    if (known === undefined || isLaterVersion(span, known)) trace.set(span.spanId, span)
  }
  return [...traces.values()].flatMap((trace) => [...trace.values()]).toSorted(byStartThenSpanId)
}

function byStartThenSpanId(left: Span, right: Span): number {
  if (left.startTimeNs !== right.startTimeNs) return left.startTimeNs < right.startTimeNs ? -1 : 1
  if (left.traceId !== right.traceId) return left.traceId < right.traceId ? -1 : 1
  return left.spanId < right.spanId ? -1 : left.spanId > right.spanId ? 1 : 0
}

function byStartThenId(left: Story, right: Story): number {
  if (left.startTimeNs !== right.startTimeNs) return left.startTimeNs < right.startTimeNs ? -1 : 1
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0
}
