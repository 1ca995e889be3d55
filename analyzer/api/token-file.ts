import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

import { AnalyzerError } from '../errors.ts'
import { messageOf } from '../message-of.ts'

/** How long a token that was replaced is still taken: senders are restarted one after the other. */
const ROTATION_MS = 60_000
/** How often, at most, the file is looked at: a token that was removed is refused as soon. */
const LOOK_MS = 1000

/** Two are valid while senders change from the one to the other. */
const TOKENS_MAX = 2
/** Many times what tokens are; a file that is larger is another file. */
const FILE_BYTES_MAX = 8192

export type TokenVerdict = 'ok' | 'missing' | 'wrong' | 'rotating'

/** The hash of what a request shows; hashes are of one length, whatever was shown. */
export type ShownToken = Buffer

/**
 * As a bearer token, or as the password that a browser asks for. The blank may still be `%20`, as
 * the environment's OTEL_EXPORTER_OTLP_HEADERS has it: LiteLLM sends that on as it stands.
 */
export function shownToken(authorization: string | undefined): ShownToken | undefined {
  const header = authorization ?? ''
  const [, scheme, value = ''] = /^(bearer|basic)(?: +|%20)(\S+)$/iu.exec(header) ?? []
  if (scheme === undefined) return undefined
  if (scheme.toLowerCase() === 'bearer') return hash(value)
  const password = /:(.+)$/su.exec(Buffer.from(value, 'base64').toString())?.[1]
  return password === undefined ? undefined : hash(password)
}

/**
 * The valid tokens, one or two lines of a file that is looked at again: rotation needs no restart.
 * Either both stand in it for a while, or the one replaces the other, which is then good for a
 * minute.
 */
export class TokenFile {
  readonly #path: string
  readonly #now: () => number
  #current: readonly Buffer[]
  #previous: readonly Buffer[] = []
  #changedAtMs = -Infinity
  #lookedAtMs: number

  constructor(path: string, now: () => number) {
    this.#path = path
    this.#now = now
    this.#current = readTokens(path)
    this.#lookedAtMs = now()
  }

  judge(shown: ShownToken | undefined): TokenVerdict {
    this.#look()
    if (shown === undefined) return 'missing'
    const isCurrent = isAmong(shown, this.#current)
    const isPrevious = isAmong(shown, this.#previous)
    if (isCurrent) return 'ok'
    if (this.#now() - this.#changedAtMs > ROTATION_MS) return 'wrong'
    return isPrevious ? 'ok' : 'rotating'
  }

  /** Two sources with one token could not be told apart. */
  sharesTokenWith(other: TokenFile): boolean {
    return this.#current.some((token) => isAmong(token, other.#current))
  }

  #look(): void {
    const nowMs = this.#now()
    // Also where the clock was put back.
    if (Math.abs(nowMs - this.#lookedAtMs) < LOOK_MS) return
    this.#lookedAtMs = nowMs
    let next: readonly Buffer[]
    try {
      next = readTokens(this.#path)
    } catch {
      // The file is being replaced, or gone: the tokens that were read stay in force.
      return
    }
    const isSame =
      next.length === this.#current.length && next.every((token) => isAmong(token, this.#current))
    if (isSame) return
    this.#previous = this.#current
    this.#current = next
    this.#changedAtMs = nowMs
  }
}

/** Takes as long for the first as for the last, and for none. */
function isAmong(shown: Buffer, tokens: readonly Buffer[]): boolean {
  let found = false
  for (const token of tokens) found = timingSafeEqual(shown, token) || found
  return found
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function readTokens(path: string): readonly Buffer[] {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new Error('it is too large for tokens')
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
    if (lines.length === 0) throw new Error('it holds no token')
    if (lines.length > TOKENS_MAX) throw new Error('it holds more than two lines')
    if (lines.some((line) => /\s/u.test(line))) throw new Error('a token has no blanks in it')
    return lines.map(hash)
  } catch (error: unknown) {
    throw new AnalyzerError('ANALYZER_TOKEN_UNUSABLE', {
      message: `the token file ${path} cannot be used: ${messageOf(error)}`,
      hint: 'Put one token into it, on one line, readable by this process; two lines while you rotate.',
      cause: error,
    })
  }
}
