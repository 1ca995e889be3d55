import { splitChunk } from './chunk.ts'
import type { SegmentHandles } from './segment-handles.ts'
import type { StoredChunk } from './segment.ts'
import { isLaterStored, type SpanVersion } from './span-version.ts'
import { hasIds, spanKeyOf } from './stored-ids.ts'

/**
 * Of a trace, looked through for spans that came before: some 25,000 spans. Where a program puts
 * all it does into one trace, each commit would otherwise read all that there is of it. What came
 * before these is stored again, and read once.
 */
const LOOKED_BYTES_MAX = 8 * 1024 * 1024

/** Spans of one trace that may have been stored before. */
export interface LookedFor {
  readonly traceId: Buffer
  /** By `identityOf`. */
  readonly spans: ReadonlySet<string>
  /** Where they may be. */
  readonly segments: ReadonlySet<number>
}

/** A span is its sender's: another source may send one with the same ids, and both are kept. */
export function identityOf(span: Buffer, source: string): string {
  return spanKeyOf(span) + source
}

/**
 * What is there of each of them, and counts: the newest are looked at first, for they come again.
 */
export function versionsOfTrace(
  handles: SegmentHandles,
  { traceId, spans, segments }: LookedFor,
): ReadonlyMap<string, SpanVersion> {
  const versions = new Map<string, SpanVersion>()
  let looked = 0
  for (const file of handles.list().toReversed()) {
    if (!segments.has(file.number)) continue
    handles.use(file, (segment) => {
      for (const chunk of segment.newestOfTrace(traceId)) {
        if (looked >= LOOKED_BYTES_MAX || versions.size === spans.size) return
        looked += chunk.bytes.length
        addVersions(versions, { chunk, spans })
      }
    })
  }
  return versions
}

interface InChunk {
  readonly chunk: StoredChunk
  readonly spans: ReadonlySet<string>
}

function addVersions(versions: Map<string, SpanVersion>, { chunk, spans }: InChunk): void {
  const { source, context } = chunk
  for (const bytes of splitChunk(chunk.bytes).spans) {
    if (!hasIds(bytes)) continue
    const identity = identityOf(bytes, source)
    if (!spans.has(identity)) continue
    const version = { bytes, context }
    const known = versions.get(identity)
    if (known === undefined || isLaterStored(version, known)) versions.set(identity, version)
  }
}
