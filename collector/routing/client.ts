/**
 * The client's side of one request, as routing sees it. Declared here, implemented over the raw
 * response by `server/`.
 */
export interface ClientConnection {
  readonly isGone: boolean
  readonly bytesWritten: number
  /** Called once, if the client goes away before `end`. */
  onGone(callback: () => void): void
  /** Called whenever a slow client has caught up. */
  onDrain(callback: () => void): void
  writeHead(statusCode: number, headers: Readonly<Record<string, string>>): void
  /** False: the client reads slower than we write; wait for `onDrain`. */
  write(bytes: Uint8Array): boolean
  end(bytes?: Uint8Array): void
}
