import { Secret } from '../config/secret.ts'

/** A token as its issuer gave it. */
export interface IssuedToken {
  readonly value: string
  readonly expiresAtMs: number
}

export type TokenResult =
  | { readonly kind: 'token'; readonly token: Secret }
  /** `message` says what to do, and nothing of the credentials. */
  | { readonly kind: 'failed'; readonly message: string }

export interface TokenSourceOptions {
  /** Rejects where there is none; asked once at a time. */
  readonly issue: () => Promise<IssuedToken>
  readonly describe: (error: unknown) => string
  /** Milliseconds since the epoch, as tokens are dated. */
  readonly wallNow: () => number
  readonly setTimer: (ms: number, onTime: () => void) => () => void
}

/** An hour is usual; a token renewed so early never runs out between two requests. */
const RENEW_BEFORE_MS = 5 * 60_000

/** Google answers within a second; whoever waits longer is better served by the next target. */
const ISSUE_MS_MAX = 10_000

/** A failure is told again without asking: every request would wait for the same one. */
const FAILURE_HELD_MS = 5_000

/** A token that was refused although it is new will be refused again. */
const REFUSED_AGE_MS_MIN = 10_000

interface HeldToken {
  readonly token: Secret
  readonly expiresAtMs: number
  readonly issuedAtMs: number
}

/**
 * Holds one token, renews it before it runs out, and asks for one at a time. Whoever finds it in
 * hand does not wait.
 */
export class TokenSource {
  readonly #options: TokenSourceOptions
  #held: HeldToken | undefined
  #pending: Promise<TokenResult> | undefined
  #failed: { readonly result: TokenResult; readonly untilMs: number } | undefined

  constructor(options: TokenSourceOptions) {
    this.#options = options
  }

  get(): TokenResult | Promise<TokenResult> {
    const nowMs = this.#options.wallNow()
    const held = this.#held
    if (held === undefined || held.expiresAtMs <= nowMs) return this.#renew(nowMs)
    // It is good for a while yet: nobody waits for the next one.
    if (held.expiresAtMs - nowMs < RENEW_BEFORE_MS) void this.#renew(nowMs)
    return { kind: 'token', token: held.token }
  }

  /** The token was refused. True: it was dropped, and asking again is worth it. */
  refuse(): boolean {
    const held = this.#held
    if (held === undefined) return false
    if (this.#options.wallNow() - held.issuedAtMs < REFUSED_AGE_MS_MIN) return false
    this.#held = undefined
    return true
  }

  #renew(nowMs: number): TokenResult | Promise<TokenResult> {
    if (this.#failed !== undefined && this.#failed.untilMs > nowMs) return this.#failed.result
    this.#pending ??= this.#issue().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #issue(): Promise<TokenResult> {
    const { issue, describe, wallNow } = this.#options
    try {
      const { value, expiresAtMs } = await this.#inTime(issue())
      const token = new Secret(value)
      this.#held = { token, expiresAtMs, issuedAtMs: wallNow() }
      this.#failed = undefined
      return { kind: 'token', token }
    } catch (error: unknown) {
      const result: TokenResult = { kind: 'failed', message: describe(error) }
      this.#failed = { result, untilMs: wallNow() + FAILURE_HELD_MS }
      return result
    }
  }

  #inTime(issued: Promise<IssuedToken>): Promise<IssuedToken> {
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#options.setTimer(ISSUE_MS_MAX, () => {
        reject(new Error(`no answer within ${ISSUE_MS_MAX} ms`))
      })
      issued.then(resolve, reject).finally(cancelTimer)
    })
  }
}
