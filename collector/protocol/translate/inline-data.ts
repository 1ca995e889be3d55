import type { InlineSource, UrlSource } from './conversation.ts'

/** What a picture's or a document's address says: its own bytes, a web address, or nothing. */
export function sourceOfUrl(url: string): InlineSource | UrlSource | undefined {
  if (/^https?:/i.test(url)) return { kind: 'url', url }
  // Split by hand: a pattern over megabytes of base64 is work without a gain.
  const comma = url.indexOf(',')
  const head = /^data:([\w.+-]+\/[\w.+-]+);base64$/i.exec(url.slice(0, Math.max(0, comma)))
  const mediaType = head?.[1]?.toLowerCase()
  if (mediaType === undefined) return undefined
  return { kind: 'inline', mediaType, base64: url.slice(comma + 1) }
}

export function urlOfSource(source: InlineSource | UrlSource): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.base64}`
}
