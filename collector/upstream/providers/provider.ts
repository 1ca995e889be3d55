import type { IncomingHttpHeaders } from 'node:http'
import type { DeploymentConfig } from '../../config/config.ts'
import type { Secret } from '../../config/secret.ts'
import type { Api } from '../../vocabulary.ts'

/** What a provider wants to be called like: where, with which headers, in which protocol. */
export interface Provider {
  readonly name: string
  /** `api_base` means what it means in LiteLLM (docs/config.md). */
  endpoint(target: DeploymentConfig, targetApi: Api): URL
  headers(input: ProviderHeadersInput): Readonly<Record<string, string>>
}

export interface ProviderHeadersInput {
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

/** Appends `suffix` to the path of `base`, unless it ends with it already. */
export function withPath(base: string, suffix: string): URL {
  const url = new URL(base)
  const path = url.pathname.replace(/\/+$/, '')
  url.pathname = path.endsWith(suffix) ? path : path + suffix
  url.hash = ''
  return url
}
