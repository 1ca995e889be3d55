/** An SSE comment: the one side channel that every SDK of all protocols ignores. */
export function commentLine(text: string): string {
  // A line end would end the comment and begin a field of somebody's choosing.
  return `: ${text.replace(/[\r\n]+/g, ' ')}\n\n`
}
