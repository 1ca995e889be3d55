/** The last request of a page; opaque to whoever sends it back. */
export interface Cursor {
  readonly atMs: number
  readonly storyId: string
}

export function encodeCursor({ atMs, storyId }: Cursor): string {
  return Buffer.from(`${atMs} ${storyId}`).toString('base64url')
}

/** Undefined for what is no cursor of ours. */
export function decodeCursor(text: string): Cursor | undefined {
  const match = /^(-?\d{1,16}) (.{1,200})$/su.exec(Buffer.from(text, 'base64url').toString())
  const [, atMs, storyId] = match ?? []
  return atMs === undefined || storyId === undefined ? undefined : { atMs: Number(atMs), storyId }
}
