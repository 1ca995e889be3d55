import type { DeploymentConfig } from './config.ts'
import type { Path } from './config-path.ts'
import type { DeploymentParams } from './deployment-params.ts'
import type { ProviderFacts } from './providers.ts'
import { Secret } from './secret.ts'

export interface EndpointPlace {
  readonly id: string
  readonly provider: string
  readonly facts: ProviderFacts
  /** Something else than a key is shown: a token. */
  readonly hasToken: boolean
}

export type Endpoint = Pick<DeploymentConfig, 'apiBase' | 'apiKey'>

/** The address that a deployment is given; `undefined` where none is, or a problem now reported. */
export function readBase(params: DeploymentParams): string | undefined {
  const path = params.find('api_base', 'base_url')
  const given = path && params.reader.string(path)
  return path === undefined || given === undefined ? undefined : checkBase(params, path, given)
}

/** Where a deployment is called, and with which key; `undefined` where a problem was reported. */
export function readEndpoint(params: DeploymentParams, place: EndpointPlace): Endpoint | undefined {
  const { facts } = place
  const given = params.find('api_base', 'base_url') !== undefined
  const apiBase = given ? readBase(params) : usualBase(params, place)
  if (apiBase === undefined) return undefined
  if (params.find('api_key') !== undefined) {
    const apiKey = params.secret('api_key')
    return { apiBase, ...(apiKey !== undefined && { apiKey }) }
  }
  // A provider's key goes to that provider only: an `api_base` of the file may be anybody's.
  const own = !given || facts.apiBase === undefined || sameOrigin(apiBase, facts.apiBase)
  const apiKey = place.hasToken ? undefined : usualKey(params, place, own)
  return { apiBase, ...(apiKey !== undefined && { apiKey }) }
}

function usualBase(params: DeploymentParams, { id, facts }: EndpointPlace): string | undefined {
  const { reader } = params
  const variable = facts.baseVariables.find((name) => reader.environment(name) !== undefined)
  const fromEnvironment = variable === undefined ? undefined : reader.environment(variable)
  if (fromEnvironment !== undefined) {
    return checkBase(params, [...params.own, 'model'], fromEnvironment)
  }
  if (facts.apiBase === undefined) {
    const [usual] = facts.baseVariables
    reader.fail({
      code: 'CONFIG_MISSING',
      path: [...params.own, 'api_base'],
      message: `deployment "${id}": expected the address of its server, found none`,
      hint: `add api_base${usual === undefined ? '' : `, or set ${usual}`}`,
    })
  }
  return facts.apiBase
}

function usualKey(
  params: DeploymentParams,
  { id, provider, facts }: EndpointPlace,
  own: boolean,
): Secret | undefined {
  const { reader } = params
  const usual = facts.keyVariables.find((variable) => reader.environment(variable) !== undefined)
  const value = usual === undefined ? undefined : reader.environment(usual)
  if (value !== undefined && own) return new Secret(value)
  if (usual !== undefined) {
    reader.warn({
      code: 'CONFIG_KEY_MISSING',
      path: params.find('api_base', 'base_url') ?? params.own,
      message: `deployment "${id}": ${usual} is not sent to another origin than ${provider}’s own`,
      hint: `write api_key: os.environ/${usual} if this server should get it`,
    })
  }
  // A server of one's own may want no key; a provider does, Azure's resources included.
  const needed = facts.keyOptional !== true && (facts.apiBase !== undefined || provider === 'azure')
  if (own && needed) {
    reader.fail({
      code: 'CONFIG_KEY_MISSING',
      path: params.own,
      message: `deployment "${id}": no api_key, and ${facts.keyVariables.join(' or ')} is not set`,
      hint: `add api_key: os.environ/${facts.keyVariables[0] ?? 'NAME'} and export that variable`,
    })
  }
  return undefined
}

function checkBase(params: DeploymentParams, path: Path, base: string): string | undefined {
  const url = URL.canParse(base) ? new URL(base) : undefined
  // The text itself is not shown: what is wrong with it may be a key inside it.
  const complaint =
    url === undefined || !/^https?:$/.test(url.protocol)
      ? 'expected an address that begins with http:// or https://'
      : url.username !== '' || url.password !== ''
        ? 'an address with a name or password in it is not accepted'
        : url.search !== '' || url.hash !== ''
          ? 'an address with a query or fragment is not accepted'
          : undefined
  if (complaint === undefined) return base.replace(/\/+$/, '')
  params.reader.fail({
    code: 'CONFIG_INVALID_URL',
    path,
    message: complaint,
    hint: 'give the prefix before /chat/completions or /v1/messages; keys belong in api_key',
  })
  return undefined
}

function sameOrigin(a: string, b: string): boolean {
  return new URL(a).origin === new URL(b).origin
}
