import { isIP } from 'node:net'

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/**
 * Whether a request's Host may be served. On loopback, a page of any website could otherwise reach
 * us by pointing its own name at 127.0.0.1 (DNS rebinding). Beyond loopback the token guards.
 */
export class HostGate {
  readonly #allowed: ReadonlySet<string> | undefined

  constructor(boundTo: string, allowedHosts: readonly string[]) {
    this.#allowed =
      isLoopback(boundTo) || allowedHosts.length > 0
        ? new Set(
            ['localhost', '127.0.0.1', '[::1]', boundTo, ...allowedHosts].map((name) =>
              name.toLowerCase(),
            ),
          )
        : undefined
  }

  admits(host: string | undefined): boolean {
    if (this.#allowed === undefined) return true
    if (host === undefined) return false
    return this.#allowed.has(host.toLowerCase().replace(/:\d{1,5}$/u, ''))
  }
}
