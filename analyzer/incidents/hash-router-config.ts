import { createHash } from 'node:crypto'

import type { RouterConfig } from '../story/router-config.ts'

/** Enough to tell a file from those before it. */
const DIGITS = 12

/**
 * Of what a router file means to us, and not of its bytes: comments, order of keys and what no
 * dialect reads change nothing.
 */
export function hashRouterConfig(config: RouterConfig): string {
  return createHash('sha256')
    .update(JSON.stringify(plain(config)))
    .digest('hex')
    .slice(0, DIGITS)
}

/** Maps and objects as lists in the order of their keys. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return inOrder([...value])
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) return inOrder(Object.entries(value))
  return value ?? null
}

function inOrder(entries: readonly (readonly [unknown, unknown])[]): unknown {
  return entries
    .map(([key, value]) => [String(key), plain(value)] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
}
