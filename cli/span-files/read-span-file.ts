import { Batcher, type Batch } from './batch.ts'
import { chooseReader } from './choose-reader.ts'
import { InputError, openInput, type Input } from './open-input.ts'
import type { Found, Problem, SpanFileReader } from './span-file-reader.ts'

/** What a file holds, in its order. */
export type FilePart = { readonly kind: 'batch'; readonly batch: Batch } | Problem

export type OpenedSpanFile =
  | {
      readonly kind: 'opened'
      /** For people: `OTLP JSON, one document per line`. */
      readonly format: string
      readonly input: Input
      /** To the end of the file, or of what can be read of it. */
      readonly parts: AsyncGenerator<FilePart>
    }
  | { readonly kind: 'unreadable'; readonly message: string }

/**
 * A file of traces, or stdin: JSON, JSON lines or protobuf, plain or gzip, told by its content.
 * However large it is, a batch of it is in memory.
 */
export async function openSpanFile(
  path: string,
  stdin: NodeJS.ReadableStream,
): Promise<OpenedSpanFile> {
  try {
    const input = await openInput(path, stdin)
    const chosen = chooseReader(input.start)
    if (chosen.kind === 'unknown') {
      input.close()
      return { kind: 'unreadable', message: chosen.message }
    }
    const { reader } = chosen
    return { kind: 'opened', format: reader.format, input, parts: partsOf(input, reader) }
  } catch (error: unknown) {
    if (!(error instanceof InputError)) throw error
    return { kind: 'unreadable', message: error.message }
  }
}

async function* partsOf(input: Input, reader: SpanFileReader): AsyncGenerator<FilePart> {
  const batcher = new Batcher(reader.encoding)
  try {
    for await (const chunk of input.chunks) yield* toParts(reader.push(chunk), batcher)
    yield* toParts(reader.end(), batcher)
  } catch (error: unknown) {
    if (!(error instanceof InputError)) throw error
    // The end of what can be read.
    yield { kind: 'problem', message: error.message }
  }
  for (const batch of batcher.finish()) yield { kind: 'batch', batch }
}

function* toParts(found: Iterable<Found>, batcher: Batcher): Generator<FilePart> {
  for (const one of found) {
    if (one.kind === 'problem') yield one
    else for (const batch of batcher.add(one.piece)) yield { kind: 'batch', batch }
  }
}
