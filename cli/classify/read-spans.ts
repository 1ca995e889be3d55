import { createReadStream } from 'node:fs'

import { describeReadError } from '../describe-read-error.ts'
import { decodeDocument, DOCUMENT_BYTES_MAX, type DecodedSpans } from './decode-document.ts'

export interface SpanFile {
  /** A path, or `-` for stdin. */
  readonly path: string
  readonly salt: Uint8Array
  readonly stdin: NodeJS.ReadableStream
}

export type ReadSpans =
  | ({ readonly kind: 'read' } & DecodedSpans)
  /** Without the name of the file. */
  | { readonly kind: 'unreadable'; readonly message: string }

/** The spans of a file of traces, however it is encoded. */
export async function readSpans(file: SpanFile): Promise<ReadSpans> {
  const bytes = await readBytes(file)
  if (typeof bytes === 'string') return { kind: 'unreadable', message: bytes }
  const decoded = decodeDocument(bytes, { salt: file.salt })
  return decoded.kind === 'malformed'
    ? { kind: 'unreadable', message: `not traces: ${decoded.message}` }
    : { ...decoded, kind: 'read' }
}

/** The bytes, or why there are none. */
async function readBytes({ path, stdin }: SpanFile): Promise<Uint8Array | string> {
  const stream = path === '-' ? stdin : createReadStream(path)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      size += bytes.length
      if (size > DOCUMENT_BYTES_MAX) {
        return `larger than ${DOCUMENT_BYTES_MAX / 1024 / 1024} MiB; split it`
      }
      chunks.push(bytes)
    }
  } catch (error: unknown) {
    return describeReadError(error)
  }
  return Buffer.concat(chunks)
}

/** `3 duplicate-key, 1 no-id`. */
export function describeRejected({ rejected, reasons }: Omit<DecodedSpans, 'spans'>): string {
  const list = Object.entries(reasons).map(([reason, count]) => `${count} ${reason}`)
  return `${rejected} spans were left out: ${list.join(', ')}`
}
