import type { WireAttempt, WireSpan, WireTrace } from '../../analyzer/api/wire.ts'
import { painter, printable } from '../terminal-text.ts'

export interface WaterfallLook {
  readonly colour: boolean
  /** Of the terminal. */
  readonly columns: number
}

/** Beyond this a tree says no more by its indentation. */
const INDENTS_MAX = 12
const BAR_CHARS_MIN = 10
const BAR_CHARS_MAX = 40
const TIME_CHARS = 9

/** Each span under its parent, in the order of their starts; a mark says which attempt it is. */
export function waterfallLines(
  trace: WireTrace,
  { colour, columns }: WaterfallLook,
): readonly string[] {
  const paint = painter(colour)
  const marks = marksOf(trace)
  const width = Math.max(BAR_CHARS_MIN, Math.min(BAR_CHARS_MAX, Math.floor(columns / 3)))
  const fromMs = toMs(trace.startTimeUnixNano)
  const totalMs = Number(trace.durationNano) / 1e6
  return placeInTree(trace.spans).map(({ span, depth }) => {
    const startMs = toMs(span.startTimeUnixNano) - fromMs
    const durationMs = Math.max(0, toMs(span.endTimeUnixNano) - fromMs - startMs)
    const bar = barOf({ startMs, durationMs, totalMs }, width)
    const mark = marks.get(span.spanId)
    const name = `${'  '.repeat(Math.min(depth, INDENTS_MAX))}${printable(span.name)}`
    const isError = span.status.code === 'error'
    const words = [...(mark === undefined ? [] : [mark]), ...(isError ? [errorOf(span)] : [])]
    const line = [
      showDuration(startMs).padStart(TIME_CHARS),
      bar,
      showDuration(durationMs).padStart(TIME_CHARS),
      words.length === 0 ? name : `${name}  [${words.join('; ')}]`,
    ].join(' ')
    if (isError) return paint(line, 'red')
    return mark === undefined ? line : paint(line, 'bold')
  })
}

interface Placed {
  readonly span: WireSpan
  readonly depth: number
}

/**
 * Parents before their children. One whose parent is not there is a root; spans that name each
 * other as parents are hung up where they are met.
 */
function placeInTree(spans: readonly WireSpan[]): readonly Placed[] {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const children = new Map<string, WireSpan[]>()
  const roots: WireSpan[] = []
  for (const span of spans) {
    if (!known.has(span.parentSpanId) || span.parentSpanId === span.spanId) {
      roots.push(span)
      continue
    }
    const siblings = children.get(span.parentSpanId) ?? []
    siblings.push(span)
    children.set(span.parentSpanId, siblings)
  }
  const placed: Placed[] = []
  const seen = new Set<WireSpan>()
  const place = (root: WireSpan): void => {
    const stack: Placed[] = [{ span: root, depth: 0 }]
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { span, depth } = next
      if (seen.has(span)) continue
      seen.add(span)
      placed.push(next)
      const below = (children.get(span.spanId) ?? []).toSorted(byStart).toReversed()
      stack.push(...below.map((child) => ({ span: child, depth: depth + 1 })))
    }
  }
  for (const root of roots.toSorted(byStart)) place(root)
  for (const span of spans) if (!seen.has(span)) place(span)
  return placed
}

function byStart(left: WireSpan, right: WireSpan): number {
  const [a, b] = [BigInt(left.startTimeUnixNano), BigInt(right.startTimeUnixNano)]
  return a < b ? -1 : a > b ? 1 : 0
}

function marksOf({ requests }: WireTrace): ReadonlyMap<string, string> {
  const marks = new Map<string, string>()
  for (const { requestSpanId, outcome, attempts } of requests) {
    marks.set(requestSpanId, `request ${outcome}`)
    for (const attempt of attempts) {
      const { spanId } = attempt
      if (spanId === undefined) continue
      const before = marks.get(spanId)
      const mark = markOf(attempt)
      marks.set(spanId, before === undefined ? mark : `${before}; ${mark}`)
    }
  }
  return marks
}

function markOf({ number, kind, status, reason }: WireAttempt): string {
  return printable(`attempt ${number} ${kind} ${status === 'failed' ? (reason ?? status) : status}`)
}

const ERROR_CHARS_MAX = 80

function errorOf({ status: { message } }: WireSpan): string {
  const words = printable(message)
  if (words === '') return 'ERROR'
  return `ERROR ${words.length <= ERROR_CHARS_MAX ? words : `${words.slice(0, ERROR_CHARS_MAX)}…`}`
}

interface Extent {
  readonly startMs: number
  readonly durationMs: number
  readonly totalMs: number
}

/** Where in the trace it was; at least one character, for it was. */
function barOf({ startMs, durationMs, totalMs }: Extent, width: number): string {
  const scale = totalMs > 0 ? width / totalMs : 0
  const begin = Math.max(0, Math.min(width - 1, Math.floor(startMs * scale)))
  const length = Math.max(1, Math.min(width - begin, Math.round(durationMs * scale)))
  return `${' '.repeat(begin)}${'█'.repeat(length)}`.padEnd(width)
}

/** Exact enough for a screen: nanoseconds since 1970 do not fit a number. */
function toMs(unixNano: string): number {
  return Number(BigInt(unixNano) / 1000n) / 1000
}

/** `0.4 ms`, `12 ms`, `2.41 s`, `3 min 20 s`. */
export function showDuration(ms: number): string {
  if (ms < 0) return `-${showDuration(-ms)}`
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
