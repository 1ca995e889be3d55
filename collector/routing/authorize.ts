import type { DeploymentConfig } from '../config/config.ts'
import type { Secret } from '../config/secret.ts'
import type { Failure } from '../upstream/failure.ts'
import type { TokenResult } from '../upstream/token-source.ts'
import type { RequestRun } from './request-run.ts'

/** What a target is shown: its key, or a token; or why there is none. */
export type Authorization = Authorized | { readonly kind: 'failed'; readonly failure: Failure }

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
  return result instanceof Promise ? result.then(toAuthorization) : toAuthorization(result)
}

function toAuthorization(result: TokenResult): Authorization {
  if (result.kind === 'token') return { kind: 'authorized', apiKey: result.token }
  const { message } = result
  return { kind: 'failed', failure: { reason: 'auth', phase: 'before_headers', message } }
}
