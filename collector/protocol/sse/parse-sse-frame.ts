/** One server-sent event with its exact bytes. */
export interface SseFrame {
  readonly raw: Uint8Array
  readonly event?: string
  /** The data lines, joined by LF. Absent: a comment, or an event without data. */
  readonly data?: string
  /** Why this is no server-sent event: an HTML page in mid-stream, a line without end. */
  readonly defect?: string
}

// The specification wants a byte order mark dropped and bad UTF-8 replaced: so do all clients.
const decoder = new TextDecoder('utf-8')

/** A field's name that nobody knows is ignored, as the specification says, if it looks like one. */
const FIELD_NAME = /^[A-Za-z][\w-]{0,31}$/

/**
 * Reads one frame. What is not even the shape of a field (a proxy's error page between two events)
 * is a defect and not, as the specification would have it, ignored: it stands where a piece of the
 * answer should be.
 */
export function parseSseFrame(raw: Uint8Array, defect?: string): SseFrame {
  if (defect !== undefined) return { raw, defect }
  let event: string | undefined
  let data: string | undefined
  const text = decoder.decode(raw)
  const only = onlyDataLine(text)
  if (only !== undefined) return { raw, data: only }
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === '' || line.startsWith(':')) continue
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') data = data === undefined ? value : `${data}\n${value}`
    else if (name === 'event') event = value
    else if (!FIELD_NAME.test(name)) return { raw, defect: 'a line that is no event-stream field' }
  }
  return {
    raw,
    ...(event === undefined || event === '' ? {} : { event }),
    ...(data === undefined ? {} : { data }),
  }
}

/** `data: …` and a blank line, as nearly every frame of a Chat stream is. */
function onlyDataLine(text: string): string | undefined {
  if (!text.startsWith('data: ') || text.includes('\r')) return undefined
  const end = text.length - 2
  return text.indexOf('\n') === end && text.endsWith('\n\n') ? text.slice(6, end) : undefined
}
