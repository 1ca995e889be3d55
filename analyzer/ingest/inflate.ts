import { gunzipSync } from 'node:zlib'

export type Inflated =
  | { readonly kind: 'inflated'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'malformed' }

/** Decompresses within a limit: a bomb stops at it, having cost no more than that. */
export function inflate(body: Uint8Array, bytesMax: number): Inflated {
  try {
    return { kind: 'inflated', body: gunzipSync(body, { maxOutputLength: bytesMax }) }
  } catch (error: unknown) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return { kind: code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'malformed' }
  }
}

/** By its first two bytes (RFC 1952, section 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}
