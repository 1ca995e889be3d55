import type { ServerResponse } from 'node:http'

/** Pages that listen; a browser opens one feed per tab. */
const LISTENERS_MAX = 200
/** Below the idle limits of proxies, so that a quiet feed stays open. */
const HEARTBEAT_MS = 15_000

/** Server-sent events: says that something has changed, and leaves fetching it to the page. */
export class LiveFeed {
  readonly #listeners = new Set<ServerResponse>()
  #heartbeat: NodeJS.Timeout | undefined

  /** False where there are too many listeners already. */
  add(response: ServerResponse): boolean {
    if (this.#listeners.size >= LISTENERS_MAX) return false
    response.write('retry: 2000\n: connected\n\n')
    this.#listeners.add(response)
    response.on('close', () => this.#remove(response))
    this.#heartbeat ??= setInterval(() => this.#send(': \n\n'), HEARTBEAT_MS).unref()
    return true
  }

  announce(): void {
    this.#send('event: change\ndata: {"schemaVersion":1}\n\n')
  }

  close(): void {
    for (const response of this.#listeners) response.end()
  }

  #send(text: string): void {
    for (const response of this.#listeners) {
      // Whoever does not read misses announcements, which cost nothing to miss.
      if (!response.writableNeedDrain) response.write(text)
    }
  }

  #remove(response: ServerResponse): void {
    this.#listeners.delete(response)
    if (this.#listeners.size > 0) return
    clearInterval(this.#heartbeat)
    this.#heartbeat = undefined
  }
}
