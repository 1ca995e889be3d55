import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'

import { AnalyzerError } from '../errors.ts'

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

/** How long a token that was replaced is still taken: senders are restarted one after the other. */
const ROTATION_MS = 60_000
/** How often, at most, a wrong token makes us read the file again. */
const REREAD_MS = 1000

export type TokenVerdict = 'ok' | 'missing' | 'wrong' | 'rotating'

/**
 * A token in a file, read again when one arrives that does not match: rotation needs no restart.
 */
export class TokenFile {
  readonly #path: string
  readonly #now: () => number
  #current: Buffer
  #previous: Buffer | undefined
  #changedAtMs = -Infinity
  #readAtMs: number

  constructor(path: string, now: () => number) {
    this.#path = path
    this.#now = now
    this.#current = hash(readToken(path))
    this.#readAtMs = now()
  }

  judge(authorization: string | undefined): TokenVerdict {
    const token = tokenIn(authorization ?? '')
    if (token === undefined) return 'missing'
    const given = hash(token)
    if (timingSafeEqual(given, this.#current)) return 'ok'
    this.#reread()
    if (timingSafeEqual(given, this.#current)) return 'ok'
    if (this.#now() - this.#changedAtMs > ROTATION_MS) return 'wrong'
    if (this.#previous !== undefined && timingSafeEqual(given, this.#previous)) return 'ok'
    return 'rotating'
  }

  #reread(): void {
    const nowMs = this.#now()
    if (nowMs - this.#readAtMs < REREAD_MS) return
    this.#readAtMs = nowMs
    let next: Buffer
    try {
      next = hash(readToken(this.#path))
    } catch {
      // The file is being replaced, or gone: the token that was read stays in force.
      return
    }
    if (timingSafeEqual(next, this.#current)) return
    this.#previous = this.#current
    this.#current = next
    this.#changedAtMs = nowMs
  }
}

/** As a bearer token, or as the password that a browser asks for. */
function tokenIn(authorization: string): string | undefined {
  const [, scheme, value = ''] = /^(bearer|basic) +(\S+)$/iu.exec(authorization) ?? []
  if (scheme === undefined) return undefined
  if (scheme.toLowerCase() === 'bearer') return value
  return /:(.+)$/su.exec(Buffer.from(value, 'base64').toString())?.[1]
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

const TOKEN_BYTES_MAX = 4096

function readToken(path: string): string {
  let token: string
  try {
    if (statSync(path).size > TOKEN_BYTES_MAX) throw new Error('it is too large for a token')
    token = readFileSync(path, 'utf8').trim()
    if (token === '' || /\s/u.test(token))
      throw new Error('it must hold one token and nothing else')
  } catch (error: unknown) {
    throw new AnalyzerError('ANALYZER_TOKEN_UNUSABLE', {
      message: `the token file ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'Put one token into it, on one line, readable by this process.',
      cause: error,
    })
  }
  return token
}
