import type { LoggedChunk } from '../../analyzer/store/store.ts'

/** What can be compared: of two chunks that hold the same, the functions differ. */
export function withItsSpans(chunk: LoggedChunk) {
  const { content, ...rest } = chunk
  return { ...rest, bytes: content.bytes, spans: content.spans() }
}
