import type { WireRequest } from '../../../analyzer/api/wire.ts'

/** Who asked, as far as the spans say so; `undefined`: they do not. */
export function describeCaller({
  team,
  keyAlias,
  keyHash,
}: WireRequest['caller']): string | undefined {
  const key = keyAlias ?? (keyHash === undefined ? undefined : `key ${shorten(keyHash)}`)
  const named = [team, key].filter((part) => part !== undefined && part !== '')
  return named.length === 0 ? undefined : named.join(' / ')
}

/** Its first digits tell one hash from another; a name in its place is shown whole. */
function shorten(keyHash: string): string {
  return /^[0-9a-f]{16,}$/i.test(keyHash) ? keyHash.slice(0, 12) : keyHash
}
