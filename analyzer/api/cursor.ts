import type { RequestPlace } from '../store/verdict-store.ts'

/** Longer than any that we give: ids and names are bounded, and base64 takes a third more. */
const CHARS_MAX = 2000

/** The last request of a page; opaque to whoever sends it back. */
export function encodeCursor({ atMs, storyId, source }: RequestPlace): string {
  return Buffer.from(JSON.stringify([atMs, storyId, source])).toString('base64url')
}

/** Undefined for what is no cursor of ours. */
export function decodeCursor(text: string): RequestPlace | undefined {
  if (text.length > CHARS_MAX) return undefined
  const place = parse(Buffer.from(text, 'base64url').toString())
  if (!Array.isArray(place) || place.length !== 3) return undefined
  const [atMs, storyId, source]: readonly unknown[] = place
  return Number.isSafeInteger(atMs) && typeof storyId === 'string' && typeof source === 'string'
    ? { atMs: Number(atMs), storyId, source }
    : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
