import type { DeploymentConfig, GoogleCredentials } from '../config/config.ts'
import { describeTokenFailure, issueGoogleToken } from './google-token.ts'
import { type TokenResult, TokenSource, type TokenSourceOptions } from './token-source.ts'

/** Tokens of the deployments that are shown one in place of a key. */
export interface Tokens {
  /** `undefined`: the target is shown its key. A promise only where a token must be fetched. */
  of(target: DeploymentConfig): TokenResult | Promise<TokenResult> | undefined
  /** The target refused its token. True: the next one will be another. */
  refuse(target: DeploymentConfig): boolean
}

/** One source per set of credentials, whatever the number of deployments that share it. */
export function createTokens(clock: Pick<TokenSourceOptions, 'wallNow' | 'setTimer'>): Tokens {
  const wallNow = () => clock.wallNow()
  const sources = new Map<string, TokenSource>()
  const sourceOf = (credentials: GoogleCredentials): TokenSource => {
    const name = credentials.kind === 'json' ? credentials.json.reveal() : ''
    const known = sources.get(name)
    if (known !== undefined) return known
    const source = new TokenSource({
      wallNow,
      setTimer: (ms, onTime) => clock.setTimer(ms, onTime),
      issue: () => issueGoogleToken(credentials, wallNow),
      describe: (error) => describeTokenFailure(credentials, error),
    })
    sources.set(name, source)
    return source
  }
  return {
    of({ vertex }) {
      return vertex?.credentials && sourceOf(vertex.credentials).get()
    },
    refuse({ vertex }) {
      return vertex?.credentials !== undefined && sourceOf(vertex.credentials).refuse()
    },
  }
}
