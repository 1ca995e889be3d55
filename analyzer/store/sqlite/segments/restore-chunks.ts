import type { SpanRecord } from '../../span-record.ts'
import type { SpanArrival } from '../../store.ts'
import { isDamage } from '../open-database.ts'
import { splitChunk } from './chunk.ts'
import { decodeOrUndefined } from './decode-chunk.ts'
import { openHotToRestore } from './hot-segment.ts'
import type { SegmentFile } from './segment-catalogue.ts'
import type { Segment, StoredChunk } from './segment.ts'
import type { StoredContext } from './stored-contexts.ts'
import { hasIds } from './stored-ids.ts'

/** Read and stored again in one commit. */
const CHUNKS_AT_ONCE = 500

/**
 * What can be read of a damaged segment, as it once arrived: a page that is lost must not take the
 * others with it. Yields nothing where the file is no database any more.
 */
export function* readableArrivals({
  number,
  path,
}: SegmentFile): Generator<readonly SpanArrival[]> {
  let segment: Segment | undefined
  try {
    segment = openHotToRestore(number, path)
    if (segment !== undefined) yield* arrivalsOf(segment)
  } catch (error: unknown) {
    // Not even its header, or not even the index of what it holds: there is no more to be had.
    if (!isDamage(error)) throw error
  } finally {
    segment?.close()
  }
}

function* arrivalsOf(segment: Segment): Generator<readonly SpanArrival[]> {
  for (let row = 0; ;) {
    const chunks = segment.chunksAfter(row, CHUNKS_AT_ONCE)
    const last = chunks.at(-1)
    if (last === undefined) return
    row = last.row
    yield chunks.flatMap((chunk) => (chunk.bytes === undefined ? [] : [toArrival(chunk)]))
  }
}

function toArrival({ source, receivedAtMs, context, bytes }: StoredChunk): SpanArrival {
  const records = splitChunk(bytes).spans.flatMap((span) => toRecords(span, context))
  return { source, receivedAtMs, records }
}

/** None where the bytes are no span any more. */
function toRecords(bytes: Buffer, context: StoredContext): readonly SpanRecord[] {
  if (!hasIds(bytes)) return []
  const span = decodeOrUndefined(bytes, context)
  if (span === undefined) return []
  const startUs = Number(span.startTimeNs / 1000n)
  const endUs = Number(span.endTimeNs / 1000n)
  return [{ bytes, context, startUs, endUs, isError: span.status.code === 'error' }]
}
