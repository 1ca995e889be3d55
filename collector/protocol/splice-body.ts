import { own, toBytes } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { readMembers } from './json-members.ts'
import type { RequestSource } from './protocol.ts'

const COMMA = toBytes(',')

/**
 * `body` as bytes, in the client's own wherever a top-level value is still the one that its bytes
 * were read to. A number beyond a double's reach, `1.0`, a duplicate key inside: what the client
 * wrote for a target of its own protocol is what the target reads, and nothing is written twice.
 */
export function spliceBody({ bytes, json }: RequestSource, body: JsonObject): Uint8Array {
  const { head, members, tail } = readMembers(bytes)
  const parts: Uint8Array[] = []
  const seen = new Set<string>()
  for (const member of members) {
    const { key } = member
    seen.add(key)
    const value = own(body, key)
    if (value === undefined) continue
    const raw = value === own(json, key) ? [member.whole] : [member.upToValue, toJsonBytes(value)]
    parts.push(...separated(parts), ...raw)
  }
  for (const [key, value] of Object.entries(body)) {
    if (seen.has(key) || value === undefined) continue
    parts.push(...separated(parts), toBytes(`${JSON.stringify(key)}:${JSON.stringify(value)}`))
  }
  return Buffer.concat([head, ...parts, tail])
}

function separated(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  return parts.length === 0 ? [] : [COMMA]
}

function toJsonBytes(value: JsonValue): Uint8Array {
  return toBytes(JSON.stringify(value))
}
