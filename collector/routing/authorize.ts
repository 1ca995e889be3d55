import type { DeploymentConfig } from '../config/config.ts'
import type { Secret } from '../config/secret.ts'
import type { Failure } from '../upstream/failure.ts'
import type { TokenResult } from '../upstream/token-source.ts'
import type { CancelCause, Cancellation } from './cancellation.ts'
import type { RequestRun } from './request-run.ts'

/** What a target is shown: its key, or a token; or why it is shown nothing. */
export type Authorization = Authorized | Unauthorized

/** Nothing is sent. */
export type Unauthorized =
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The client was gone before there was a token. */
  | { readonly kind: 'cancelled'; readonly cause: CancelCause }

export interface Authorized {
  readonly kind: 'authorized'
  readonly apiKey: Secret | undefined
}

/** A promise only where a token must be fetched: every other attempt goes out at once. */
export function authorize(
  run: RequestRun,
  target: DeploymentConfig,
): Authorization | Promise<Authorization> {
  const result = run.router.tokens.of(target)
  if (result === undefined) return { kind: 'authorized', apiKey: target.apiKey }
  return result instanceof Promise ? waitFor(result, run.cancellation) : toAuthorization(result)
}

/** A token is worth having for the next request; this one ends with its client. */
function waitFor(result: Promise<TokenResult>, cancellation: Cancellation): Promise<Authorization> {
  const gone = new Promise<Unauthorized>((resolve) => {
    cancellation.listen((cause) => resolve({ kind: 'cancelled', cause }))
  })
  return Promise.race([gone, result.then(toAuthorization)]).finally(() => {
    cancellation.listen(undefined)
  })
}

function toAuthorization(result: TokenResult): Authorization {
  if (result.kind === 'token') return { kind: 'authorized', apiKey: result.token }
  const { message } = result
  return { kind: 'failed', failure: { reason: 'auth', phase: 'before_headers', message } }
}
