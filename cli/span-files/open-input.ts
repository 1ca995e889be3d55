import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { Readable } from 'node:stream'

import { isGzip } from '../../analyzer/ingest/inflate.ts'
import { describeReadError } from '../describe-read-error.ts'
import { PEEK_BYTES } from './choose-reader.ts'

export interface Input {
  /** Decompressed; throws an `InputError` where it cannot go on. */
  readonly chunks: AsyncIterable<Buffer>
  /** As much as is needed to tell what it is. */
  readonly start: Buffer
  /** Of the file as it lies there; undefined for stdin. */
  readonly totalBytes: number | undefined
  /** Bytes of the file that have been read, before decompression. */
  readonly bytesRead: () => number
  /** For what is not read to its end. */
  readonly close: () => void
}

/** A file that cannot be opened, or not be read on; the message says why. */
export class InputError extends Error {}

export async function openInput(path: string, stdin: NodeJS.ReadableStream): Promise<Input> {
  const source = path === '-' ? stdin : createReadStream(path, { highWaterMark: 256 * 1024 })
  let bytesRead = 0
  const raw = peekable(
    readChunks(source, (count) => {
      bytesRead += count
    }),
  )
  const head = await raw.peek(2)
  const unpacked = isGzip(head) ? peekable(gunzip(raw.chunks)) : raw
  const start = await unpacked.peek(PEEK_BYTES)
  return {
    chunks: unpacked.chunks,
    start,
    totalBytes: path === '-' ? undefined : (await stat(path)).size,
    bytesRead: () => bytesRead,
    close: () => {
      if (source instanceof Readable) source.destroy()
    },
  }
}

async function* readChunks(
  source: NodeJS.ReadableStream,
  onRead: (count: number) => void,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of source) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      onRead(bytes.length)
      yield bytes
    }
  } catch (error: unknown) {
    throw new InputError(describeReadError(error), { cause: error })
  }
}

async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const packed = Readable.from(chunks)
  const plain = createGunzip({ chunkSize: 256 * 1024 })
  // `pipe` does not pass errors on, and an unread one would end the process.
  packed.on('error', (error) => plain.destroy(error))
  packed.pipe(plain)
  try {
    for await (const chunk of plain) if (Buffer.isBuffer(chunk)) yield chunk
  } catch (error: unknown) {
    if (error instanceof InputError) throw error
    throw new InputError('the gzip is damaged or cut off; what stood before is used', {
      cause: error,
    })
  }
}

/** Chunks that can be looked at before they are taken. */
function peekable(source: AsyncGenerator<Buffer>) {
  const held: Buffer[] = []
  let problem: InputError | undefined
  return {
    peek: async (count: number): Promise<Buffer> => {
      let length = 0
      for (const chunk of held) length += chunk.length
      while (length < count && problem === undefined) {
        const next = await takeNext(source)
        if (next.kind === 'end') break
        if (next.kind === 'failed') problem = next.error
        else {
          held.push(next.chunk)
          length += next.chunk.length
        }
      }
      // What was read whole before the damage is still to be looked at.
      if (length === 0 && problem !== undefined) throw problem
      return Buffer.concat(held)
    },
    chunks: (async function* () {
      while (held.length > 0) {
        const chunk = held.shift()
        if (chunk !== undefined) yield chunk
      }
      if (problem !== undefined) throw problem
      yield* source
    })(),
  }
}

type Next =
  | { readonly kind: 'chunk'; readonly chunk: Buffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly error: InputError }

async function takeNext(source: AsyncGenerator<Buffer>): Promise<Next> {
  try {
    const { value, done } = await source.next()
    return done === true ? { kind: 'end' } : { kind: 'chunk', chunk: value }
  } catch (error: unknown) {
    if (!(error instanceof InputError)) throw error
    return { kind: 'failed', error }
  }
}
