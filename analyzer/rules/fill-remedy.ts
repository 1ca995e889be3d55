import type { Remedy, RemedyStep, Snippet } from './rule.ts'

export interface RemedyNames {
  readonly route: string | null | undefined
  readonly fallback: string | null | undefined
}

/** Names longer than this are hostile or a mistake; an incident's ingredients end there too. */
const NAME_CHARS_MAX = 200

/** Puts the names of an incident in the place of `{route}` and `{fallback}`. */
export function fillRemedy(remedy: Remedy, names: RemedyNames): Remedy {
  return {
    stopItNow: fillStep(remedy.stopItNow, names),
    fixIt: fillStep(remedy.fixIt, names),
    verify: fillStep(remedy.verify, names),
  }
}

function fillStep({ text, snippet }: RemedyStep, names: RemedyNames): RemedyStep {
  const filled = fill(text, {
    route: names.route ?? 'the route',
    fallback: names.fallback ?? 'the fallback',
  })
  return snippet === undefined
    ? { text: filled }
    : { text: filled, snippet: fillSnippet(snippet, names) }
}

/** Someone will paste this: a name from a span must stay a name there (invariant I11). */
function fillSnippet({ language, code }: Snippet, names: RemedyNames): Snippet {
  const quote = language === 'sh' ? quoteForShell : quoteAsJson
  const route = quote(printable(names.route ?? '<route>'))
  const fallback = quote(printable(names.fallback ?? '<fallback>'))
  return { language, code: fill(code, { route, fallback }) }
}

/** In one pass: a name is data, and may itself read `{fallback}` or `$&`. */
function fill(text: string, names: { readonly route: string; readonly fallback: string }): string {
  return text.replaceAll(/\{(?:route|fallback)\}/gu, (place) =>
    place === '{route}' ? names.route : names.fallback,
  )
}

function printable(name: string): string {
  return name.slice(0, NAME_CHARS_MAX).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\u{FFFD}')
}

/** Single quotes take everything but themselves (POSIX shell, 2.2.2). */
function quoteForShell(name: string): string {
  return `'${name.replaceAll("'", String.raw`'\''`)}'`
}

/** A JSON string is also a double-quoted scalar of YAML and a literal of Python. */
function quoteAsJson(name: string): string {
  return JSON.stringify(name)
}
