/**
 * Takes out of an error text what differs from one request to the next, so that one outage is one
 * incident. What remains must still tell two causes apart, so an HTTP status that is named as one
 * stays, and so do all words.
 */

/** Characters of a cause that are kept: more would only tell two requests of one outage apart. */
export const CAUSE_CHARS_MAX = 240

/**
 * Characters that are read. What is taken out is longer in one request than in another: cut before,
 * the same words would end at another place.
 */
const READ_CHARS_MAX = 4 * CAUSE_CHARS_MAX

/**
 * In this order: each pattern runs over what the ones before it left. Every pattern is linear (no
 * nested quantifiers), because error texts are hostile input, and no replacement is longer than
 * what it replaces, so that a second pass changes nothing.
 */
const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>)\]}]+/gu, '<url>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gu, '<id>'],
  [/\b\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?)?/gu, '<date>'],
  [/\b(?:mon|tue|wed|thu|fri|sat|sun), \d\d? [a-z]{3} \d{4} \d\d:\d\d:\d\d(?: gmt)?/gu, '<date>'],
  [/\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/gu, '<date>'],
  [/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d+)?\b/gu, '<ip>'],
  [/\[[0-9a-f:.]{3,}(?:%[a-z0-9]+)?\](?::\d+)?/gu, '<ip>'],
  [/\b0x[0-9a-f]+\b/gu, '#'],
  // "try again in 6m0s", "in 59.9s", "in 20ms"; what has no digit in it is a word.
  [/\b(?:\d{1,9}(?:\.\d{1,9})?(?:ms|us|ns|s|m|h|d)){1,4}\b/gu, '#'],
  // A key that was masked by whoever reports it: `sk-ab***9f2c`.
  [/\b(?:sk|pk|rk|key)-(?=[a-z_.-]{0,40}[\d*])[a-z0-9_*.-]{4,80}/gu, '<key>'],
  [/(?<=[a-z0-9_-]):\d{2,5}\b/gu, ':#'],
  // Provider ids: `req_011CQx…`, `chatcmpl-9a…`, `toolu_01…`; a word without a digit is a word.
  [/\b[a-z]{2,10}[_-](?=[a-z]{0,24}\d)[a-z0-9]{10,}\b/gu, '<id>'],
  [/\b(?=[a-z]{0,24}\d)(?=\d{0,24}[a-z])[a-z0-9]{12,}\b/gu, '<id>'],
]

/**
 * `status 503`, `"code": "429"`, `HTTP/1.1 502`, `error 500`, `529 overloaded`: the three digits
 * are the cause, not a counter.
 */
const STATUS_OR_NUMBER =
  /(?<status>\b(?:http(?:\/\d(?:\.\d)?)?|status(?:[_ ]code)?|error|code)["']?[ :=]{1,2}["']?[45]\d\d\b|\b[45]\d\d (?:bad|unauthori[sz]ed|payment|forbidden|not found|conflict|gone|too many|unprocessable|client|internal|server|service|gateway|overloaded)\b)|\d+(?:[.,]\d+)*/gu

export function normaliseCause(cause: string): string {
  const read = cause.slice(0, READ_CHARS_MAX).toLowerCase().replaceAll(/\s+/gu, ' ').trim()
  // The cut may leave half of a status, which is a number like any other.
  return replace(cutAtWord(replace(read)))
}

function cutAtWord(text: string): string {
  if (text.length <= CAUSE_CHARS_MAX) return text
  const cut = text.slice(0, CAUSE_CHARS_MAX)
  const end = cut.lastIndexOf(' ')
  return (end <= 0 ? cut : cut.slice(0, end)).trim()
}

function replace(from: string): string {
  let text = from
  for (const [pattern, replacement] of REPLACEMENTS) text = text.replaceAll(pattern, replacement)
  return text.replaceAll(STATUS_OR_NUMBER, (match, status: string | undefined) =>
    status === undefined ? '#' : match,
  )
}
