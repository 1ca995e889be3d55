/** What the stars of a wildcard route stand for. */

/** Longer names are no models; matching them would cost what their length allows. */
const NAME_CHARS_MAX = 256

const STAR = '*'

export function isWildcard(name: string): boolean {
  return name.includes(STAR)
}

/** What each `*` of `pattern` stands for in `name`; `undefined` where it does not match. */
export function matchWildcard(pattern: string, name: string): readonly string[] | undefined {
  if (!isWildcard(pattern) || name.length > NAME_CHARS_MAX) return undefined
  // A model's name may become part of a path: it must not climb out of it.
  if (name.split('/').some((part) => part === '.' || part === '..')) return undefined
  const [prefix = '', ...literals] = pattern.split(STAR)
  const suffix = literals.pop() ?? ''
  if (name.length < prefix.length + suffix.length) return undefined
  if (!name.startsWith(prefix) || !name.endsWith(suffix)) return undefined
  const fillings: string[] = []
  const end = name.length - suffix.length
  let from = prefix.length
  for (const literal of literals) {
    // The shortest filling for all but the last star, and never an empty one.
    const at = name.indexOf(literal, from + 1)
    if (at === -1 || at + literal.length > end) return undefined
    fillings.push(name.slice(from, at))
    from = at + literal.length
  }
  if (from >= end) return undefined
  return [...fillings, name.slice(from, end)]
}

/** `model` with its stars replaced, one after another, by what the route's stood for. */
export function fillWildcard(model: string, fillings: readonly string[]): string {
  let next = 0
  // A function as replacement: `$&` in a client's text must stay text.
  return model.replaceAll(STAR, () => {
    const filling = fillings[Math.min(next, fillings.length - 1)] ?? STAR
    next += 1
    return filling
  })
}
