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
 * The white space between what was delivered and what follows, once: the client already holds the
 * delivered text's trailing run, and the new stream gives its own in front of its first word. Where
 * one begins with the other the longer stays, a CRLF being a line end like any other; else both do.
 */
export function withoutRepeatedSpace(text: string, next: string): string {
  const held = lineEnds(text.slice(text.trimEnd().length))
  const given = next.slice(0, next.length - next.trimStart().length)
  if (held.startsWith(lineEnds(given))) return next.slice(given.length)
  for (let cut = 1; cut < given.length; cut += 1) {
    if (lineEnds(given.slice(0, cut)) === held) return next.slice(cut)
  }
  return next
}

function lineEnds(space: string): string {
  return space.replaceAll('\r\n', '\n')
}
