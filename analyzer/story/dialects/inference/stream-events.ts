import { numeric } from '../../attributes.ts'
import type { Span, SpanEvent } from '../../span.ts'

/**
 * What the events of a stream tell: OpenInference notes the first chunk, OpenLLMetry every one (up
 * to its SDK's limit), the AI SDK the first.
 */

/** Its name in newer releases of OpenLLMetry, and in older ones. */
const CHUNKS: ReadonlySet<string> = new Set([
  'gen_ai.content.completion.chunk',
  'llm.content.completion.chunk',
])
const FIRST_CHUNKS: ReadonlySet<string> = new Set([
  'First Token Stream Event',
  'ai.stream.firstChunk',
  ...CHUNKS,
])

/** An SDK keeps no more events of a span than this: what was longer has lost its end. */
const EVENTS_KEPT = 128

/**
 * When the first chunk came, from the span's start. It may be one that shows nothing yet: that an
 * answer was delivered it does not prove.
 */
export function firstContentMs(span: Span): number | undefined {
  const seconds =
    numeric(span.attributes, 'gen_ai.response.time_to_first_chunk') ??
    numeric(span.attributes, 'gen_ai.client.operation.time_to_first_chunk') ??
    numeric(span.attributes, 'gen_ai.server.time_to_first_token')
  if (seconds !== undefined) return seconds >= 0 ? seconds * 1000 : undefined
  const ms = numeric(span.attributes, 'ai.response.msToFirstChunk')
  if (ms !== undefined) return ms >= 0 ? ms : undefined
  const first = span.events.filter((event) => FIRST_CHUNKS.has(event.name)).toSorted(byTime)[0]
  return first === undefined ? undefined : msBetween(span.startTimeNs, first.timeNs)
}

/** The longest time between two chunks, or from the last one to a failure. */
export function longestSilenceMs(span: Span): number | undefined {
  const chunks = span.events.filter((event) => CHUNKS.has(event.name)).toSorted(byTime)
  if (chunks.length === 0 || span.events.length >= EVENTS_KEPT) return undefined
  let longest = 0
  const times = [...chunks.map((chunk) => chunk.timeNs), span.endTimeNs]
  for (const [position, time] of times.entries()) {
    const before = times[position - 1]
    if (before !== undefined) longest = Math.max(longest, msBetween(before, time) ?? 0)
  }
  return longest
}

function byTime(left: SpanEvent, right: SpanEvent): number {
  if (left.timeNs === right.timeNs) return 0
  return left.timeNs < right.timeNs ? -1 : 1
}

function msBetween(fromNs: bigint, toNs: bigint): number | undefined {
  const ms = Number(toNs - fromNs) / 1e6
  return ms >= 0 ? ms : undefined
}
