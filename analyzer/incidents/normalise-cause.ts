/**
 * Takes out of an error text what differs from one request to the next, so that one outage is one
 * incident. What remains must still tell two causes apart, so an HTTP status that is named as one
 * stays, and so do all words.
 */

/** Characters of a cause that are read: more would only tell two requests of one outage apart. */
export const CAUSE_CHARS_MAX = 240

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
  [/(?<=[a-z0-9_-]):\d{2,5}\b/gu, ':#'],
  // Provider ids: `req_011CQx…`, `chatcmpl-9a…`, `toolu_01…`; a word without a digit is a word.
  [/\b[a-z]{2,10}[_-](?=[a-z]{0,24}\d)[a-z0-9]{10,}\b/gu, '<id>'],
  [/\b(?=[a-z]{0,24}\d)(?=\d{0,24}[a-z])[a-z0-9]{12,}\b/gu, '<id>'],
]

/** `status 503`, `error code: 400`: the three digits are the cause, not a counter. */
const STATUS_OR_NUMBER =
  /(?<status>\b(?:http|status|status code|error code|code)[ :=]{1,2}[45]\d\d\b)|\d+(?:[.,]\d+)*/gu

export function normaliseCause(cause: string): string {
  let text = cause.toLowerCase().replaceAll(/\s+/gu, ' ').trim().slice(0, CAUSE_CHARS_MAX).trim()
  for (const [pattern, replacement] of REPLACEMENTS) text = text.replaceAll(pattern, replacement)
  return text.replaceAll(STATUS_OR_NUMBER, (match, status: string | undefined) =>
    status === undefined ? '#' : match,
  )
}
