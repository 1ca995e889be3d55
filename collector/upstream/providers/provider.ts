import type { IncomingHttpHeaders } from 'node:http'
import type { Secret } from '../../config/secret.ts'
import type { Api } from '../../vocabulary.ts'

/** What a provider wants to be called like: where, with which headers, in which protocol. */
export interface Provider {
  readonly name: string
  /** The protocol that is spoken to it for a client of `clientApi`. */
  targetApi(clientApi: Api): Api
  /** `apiBase` means what it means in LiteLLM (design section 8). */
  endpoint(apiBase: string, targetApi: Api): URL
  headers(input: ProviderHeadersInput): Readonly<Record<string, string>>
}

export interface ProviderHeadersInput {
  readonly apiKey: Secret | undefined
  readonly clientApi: Api
  /** The client's own headers: only those a provider names are carried through, never its key. */
  readonly clientHeaders: IncomingHttpHeaders
}

/** Appends `suffix` to the path of `base`, unless it ends with it already. */
export function withPath(base: string, suffix: string): URL {
  const url = new URL(base)
  const path = url.pathname.replace(/\/+$/, '')
  url.pathname = path.endsWith(suffix) ? path : path + suffix
  url.hash = ''
  return url
}
