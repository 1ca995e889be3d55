/**
 * Texts compared "white space aside": models fold line ends and double spaces when they repeat
 * something, and nothing else of a text may differ.
 */

const SPACE = /\s/

export function bare(text: string): string {
  return text.replace(/\s+/g, '')
}

/** Index in `text` behind its `count`-th character that is no white space. */
export function indexAfterBare(text: string, count: number): number {
  let seen = 0
  if (seen === count) return 0
  for (let at = 0; at < text.length; at += 1) {
    if (SPACE.test(text.charAt(at))) continue
    seen += 1
    if (seen === count) return at + 1
  }
  return text.length
}

/**
 * The white space between what was delivered and what follows, exactly once: the client already
 * holds `text`'s trailing run, the new stream repeats it in front of its first word.
 */
export function withoutRepeatedSpace(text: string, next: string): string {
  const held = text.slice(text.trimEnd().length)
  return held !== '' && next.startsWith(held) ? next.slice(held.length) : next
}
