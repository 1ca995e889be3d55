import type { WireRequest } from '../../../analyzer/api/wire.ts'

/** Who asked, as far as the spans say so; `undefined`: they do not. */
export function describeCaller({
  team,
  keyAlias,
  keyHash,
}: WireRequest['caller']): string | undefined {
  const key = keyAlias ?? (keyHash === undefined ? undefined : `key ${keyHash.slice(0, 12)}`)
  const named = [team, key].filter((part) => part !== undefined && part !== '')
  return named.length === 0 ? undefined : named.join(' / ')
}
