import type { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { decodeBatch } from '../span-files/decode-batch.ts'
import { Problems } from '../span-files/problems.ts'
import { openSpanFile } from '../span-files/read-span-file.ts'
import { HeldSpans, SPANS_HELD_MAX } from './held-spans.ts'

export interface SpanFile {
  /** A path, or `-` for stdin. */
  readonly path: string
  /** One for all files of a run: it is slow to make, and learns their names. */
  readonly decoder: OtlpDecoder
  readonly stdin: NodeJS.ReadableStream
}

/** All that can be read of a file; nothing of it where `problems` are all that there is. */
export interface ReadSpans {
  /** Content is stripped from them. */
  readonly spans: readonly Span[]
  /** Parts of the file that are no traces, with their places. */
  readonly problems: Problems
  /** Spans that were left out, by reason. */
  readonly rejected: ReadonlyMap<string, number>
}

/** The spans of a file of traces, however it is encoded. */
export async function readSpans({ path, decoder, stdin }: SpanFile): Promise<ReadSpans> {
  const problems = new Problems()
  const held = new HeldSpans()
  const opened = await openSpanFile(path, stdin)
  if (opened.kind === 'unreadable') problems.add(opened.message)
  else {
    for await (const part of opened.parts) {
      if (part.kind === 'problem') problems.add(part.message)
      else decodeBatch(decoder, part.batch, held)
    }
  }
  return { spans: held.toSpans(), problems, rejected: held.rejected }
}

/** Why what was read is not the whole of the file, in lines for stderr; none where it is. */
export function describeUnread({
  problems,
  rejected,
}: Omit<ReadSpans, 'spans'>): readonly string[] {
  const lines = [...problems.lines()]
  const count = sumOf(rejected)
  if (count > 0) {
    const list = [...rejected].map(([reason, spans]) => `${spans} ${reason}`)
    lines.push(`${count} ${count === 1 ? 'span was' : 'spans were'} left out: ${list.join(', ')}`)
  }
  if (rejected.has('too-many-spans')) {
    const most = SPANS_HELD_MAX.toLocaleString('en-US')
    lines.push(
      `${most} spans are held at once: split the file between two requests, or send it to an analyzer with "secondwind ingest", which reads files of any size`,
    )
  }
  return lines
}

export function sumOf(rejected: ReadonlyMap<string, number>): number {
  return [...rejected.values()].reduce((sum, spans) => sum + spans, 0)
}
