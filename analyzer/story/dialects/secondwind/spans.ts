import {
  SPAN_FALLBACK_PREFIX,
  SPAN_FIRST_CHUNK,
  SPAN_STREAM,
} from '../../../../collector/vocabulary.ts'
import type { Span } from '../../span.ts'

/** The spans of one request, sorted by what they tell of. */
export interface RequestSpans {
  readonly traceId: string
  readonly requestSpanId: string
  /** Absent where it has not come (yet): then nothing is concluded. */
  readonly request: Span | undefined
  readonly attempts: readonly AttemptSpans[]
  readonly fallbacks: readonly Span[]
}

export interface AttemptSpans {
  readonly attempt: Span
  readonly firstChunk: Span | undefined
  readonly stream: Span | undefined
}

/**
 * Which spans belong to which request, by parent ids alone. A trace may hold many requests (an
 * application's trace), and attempts may have come without their request span.
 */
export function groupByRequest(spans: readonly Span[]): readonly RequestSpans[] {
  const byParent = new Map<string, Span[]>()
  const requests = new Map<string, Span | undefined>()
  for (const span of spans) {
    if (span.kind === 'server') requests.set(idOf(span.traceId, span.spanId), span)
    else append(byParent, idOf(span.traceId, span.parentSpanId), span)
  }
  for (const span of spans) {
    const parent = idOf(span.traceId, span.parentSpanId)
    if (isAttempt(span) && !requests.has(parent)) requests.set(parent, undefined)
  }
  return [...requests].flatMap(([id, request]) => {
    const children = byParent.get(id) ?? []
    const [any] = request === undefined ? children : [request]
    if (any === undefined) return []
    return [
      {
        traceId: any.traceId,
        requestSpanId: request?.spanId ?? any.parentSpanId,
        request,
        attempts: children.filter(isAttempt).map((attempt) => withStages(attempt, byParent)),
        fallbacks: children.filter(isFallback),
      },
    ]
  })
}

function withStages(attempt: Span, byParent: ReadonlyMap<string, readonly Span[]>): AttemptSpans {
  const stages = byParent.get(idOf(attempt.traceId, attempt.spanId)) ?? []
  return {
    attempt,
    firstChunk: stages.find(({ name }) => name === SPAN_FIRST_CHUNK),
    stream: stages.find(({ name }) => name === SPAN_STREAM),
  }
}

function isAttempt(span: Span): boolean {
  return span.kind === 'client'
}

function isFallback(span: Span): boolean {
  return span.kind === 'internal' && span.name.split(' ', 1)[0] === SPAN_FALLBACK_PREFIX
}

function idOf(traceId: string, spanId: string): string {
  return `${traceId}-${spanId}`
}

function append(lists: Map<string, Span[]>, key: string, span: Span): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [span])
  else list.push(span)
}
