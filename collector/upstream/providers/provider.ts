import type { IncomingHttpHeaders } from 'node:http'
import type { DeploymentConfig } from '../../config/config.ts'
import type { JsonObject } from '../../protocol/json.ts'
import type { ChatDialect, ChatLimitField } from '../../protocol/protocol.ts'
import type { Secret } from '../../config/secret.ts'
import type { Api } from '../../vocabulary.ts'

/** What a provider wants to be called like: where, with which headers, and what of the body. */
export interface Provider {
  readonly name: string
  /** `api_base` means what it means in LiteLLM (docs/config.md). */
  endpoint(target: DeploymentConfig, api: Api, stream: boolean): URL
  headers(input: ProviderHeadersInput): Readonly<Record<string, string>>
  /** The word for the limit in a Chat body of ours; absent: it speaks no Chat. */
  limitField?(target: DeploymentConfig): ChatLimitField
  /** What it refuses of Chat that others write. */
  chatDialect?(target: DeploymentConfig): ChatDialect
  /** False: `temperature`, `top_p` and `top_k` are refused. */
  acceptsSampling?(target: DeploymentConfig): boolean
  /** What its envelope puts into the body. */
  envelope?(): JsonObject
  readonly modelInPath?: true
}

export interface ProviderHeadersInput {
  readonly target: DeploymentConfig
  /** The deployment's key, or the token that stands for one. */
  readonly apiKey: Secret | undefined
  readonly clientApi: Api
  /** The client's own headers: only those a provider names are carried through, never its key. */
  readonly clientHeaders: IncomingHttpHeaders
}

/** The protocol that is spoken to `target` for a client of `clientApi`. */
export function targetApi(clientApi: Api, { apis }: DeploymentConfig): Api {
  return apis.includes(clientApi) ? clientApi : apis[0]
}

/** A key as most providers want it; a local server may want none. */
export function bearer(apiKey: Secret | undefined): Readonly<Record<string, string>> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey.reveal()}` }
}

/** Those of the client's headers that are named, after what the configuration says there. */
export function clientHeaders(
  { clientHeaders, target }: ProviderHeadersInput,
  names: readonly string[],
): Record<string, string> {
  const taken: Record<string, string> = {}
  for (const name of names) {
    const value = clientHeaders[name]
    if (value === undefined || value.length === 0) continue
    const configured = target.headers?.get(name)?.reveal()
    taken[name] = [configured ?? [], value].flat().join(',')
  }
  return taken
}

/** Appends `suffix` to the path of `base`, unless it ends with it already. */
export function withPath(base: string, suffix: string): URL {
  const url = new URL(base)
  const path = url.pathname.replace(/\/+$/, '')
  url.pathname = path.endsWith(suffix) ? path : path + suffix
  url.hash = ''
  return url
}
