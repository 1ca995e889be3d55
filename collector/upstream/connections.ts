import type { Client } from 'undici'

/**
 * Kept for an origin beyond those that are busy. An idle one's socket closes by itself, and without
 * it a connection takes 2 KiB; a burst of more ends with its connections.
 */
const IDLE_CONNECTIONS_MAX = 256

/**
 * Connections by origin, the last used taken first. undici's own pool looks through all of them for
 * each request, and opens another where one is about to be free: under load it keeps ten times as
 * many as there are requests.
 */
export class Connections {
  readonly #idle = new Map<string, Client[]>()
  readonly #all = new Set<Client>()
  readonly #open: (origin: string) => Client

  constructor(open: (origin: string) => Client) {
    this.#open = open
  }

  /** For one request at a time; whoever takes it gives it back. */
  take(origin: string): Client {
    const idle = this.#idle.get(origin)?.pop()
    if (idle !== undefined) return idle
    const client = this.#open(origin)
    this.#all.add(client)
    return client
  }

  /** One that broke must open a socket anew, so the others are taken before it. */
  giveBack(origin: string, client: Client, isBroken: boolean): void {
    const idle = this.#idle.get(origin) ?? []
    this.#idle.set(origin, idle)
    if (idle.length >= IDLE_CONNECTIONS_MAX) {
      this.#all.delete(client)
      void client.destroy()
    } else if (isBroken) idle.unshift(client)
    else idle.push(client)
  }

  /** Ends whatever runs with `reason`. */
  async destroy(reason: Error): Promise<void> {
    this.#idle.clear()
    const all = [...this.#all]
    this.#all.clear()
    await Promise.all(all.map((client) => client.destroy(reason)))
  }
}
