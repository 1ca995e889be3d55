/** The candidate that `word` was probably meant to be, where one is near enough. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  // A word left unfinished (`drain` for `drain_ms`) is far in letters and near in meaning.
  const longer = candidates.filter((candidate) => candidate.startsWith(word))
  if (word.length >= UNFINISHED_CHARS_MIN && longer.length === 1) return longer[0]
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (best === undefined || distance < best.distance) best = { candidate, distance }
  }
  // A third of the word may be wrong: one letter of `host`, three of `header_hold_ms`.
  const limit = Math.max(1, Math.floor(Math.max(word.length, 3) / 3))
  return best !== undefined && best.distance <= limit ? best.candidate : undefined
}

/** `did you mean "x"?` where something is near, else the list of what there is. */
export function hintFor(word: string, candidates: readonly string[]): string {
  const near = suggest(word, candidates)
  if (near !== undefined) return `did you mean "${near}"?`
  if (candidates.length === 0) return 'there is none to choose from'
  return `one of: ${candidates.slice(0, CANDIDATES_SHOWN_MAX).join(', ')}`
}

const CANDIDATES_SHOWN_MAX = 20
const UNFINISHED_CHARS_MIN = 3
/** Longer words are no typing mistakes; the comparison's cost grows with the product of both. */
const COMPARED_CHARS_MAX = 64

/** Insertions, deletions, substitutions and swaps of neighbours, each one step. */
function editDistance(a: string, b: string): number {
  if (a.length > COMPARED_CHARS_MAX || b.length > COMPARED_CHARS_MAX) return Infinity
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let steps = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) steps = Math.min(steps, (beforePrevious[j - 2] ?? 0) + 1)
      current.push(steps)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length] ?? Infinity
}
