import { decodeJson } from './decode-json.ts'
import { decodeProtobuf } from './decode-protobuf.ts'
import type { Decoded, DecodedSpans } from './decoded.ts'
import { MalformedError } from './protobuf-reader.ts'

export type Encoding = 'protobuf' | 'json'

/**
 * Turns the body of `POST /v1/traces` into spans, whatever it holds. A bad span costs itself only;
 * a body that is not what its encoding says costs the whole request. Content is still in the spans:
 * nothing may store them before `strip-content.ts` has seen them.
 */
export function decodeOtlp(body: Uint8Array, encoding: Encoding): Decoded {
  const decode = encoding === 'json' ? decodeJson : decodeProtobuf
  return orMalformed(() => decode(body))
}

/** Malformed input is an answer, not an exception. */
export function orMalformed(decode: () => DecodedSpans): Decoded {
  try {
    return { kind: 'decoded', ...decode() }
  } catch (error: unknown) {
    if (error instanceof MalformedError) return { kind: 'malformed', message: error.message }
    throw error
  }
}
