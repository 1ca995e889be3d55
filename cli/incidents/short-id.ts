/** Of a few thousand incidents no two begin alike. */
const SHORT_ID_CHARS = 'inc-'.length + 8

export function shortId(id: string): string {
  return id.slice(0, SHORT_ID_CHARS)
}
