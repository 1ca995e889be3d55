import { MalformedError } from './protobuf-reader.ts'
import { scanJson } from './scan-json.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** Parses JSON that somebody sent, after a look at what that would cost. */
export function parseJson(body: Uint8Array): unknown {
  const problem = scanJson(body)
  if (problem !== undefined) throw new MalformedError(`the JSON is ${problem}`)
  try {
    // Also drops a byte order mark, which `JSON.parse` would trip over.
    return JSON.parse(new TextDecoder().decode(body))
  } catch (error: unknown) {
    throw new MalformedError('the body is not JSON', { cause: error })
  }
}

/*
 * The readers below look at properties without asking whose they are: none of OTLP's names stands
 * on `Object.prototype`, and `JSON.parse` makes `__proto__` a property like any other.
 */

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textOf(holder: JsonObject, key: string): string {
  const value = holder[key]
  return typeof value === 'string' ? value : ''
}

export function listOf(holder: JsonObject, key: string): readonly unknown[] {
  const value = holder[key]
  return Array.isArray(value) ? value : []
}
