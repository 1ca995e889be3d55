import type { DeploymentConfig, TimersConfig } from './config.ts'
import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'
import { DeploymentParams } from './deployment-params.ts'
import { checkServed, type NotServed } from './check-served.ts'
import { type ServedModel, parseModelName } from './parse-model-name.ts'
import { PROVIDERS, type ProviderFacts } from './providers.ts'
import { readApis } from './read-apis.ts'
import { azureApis, readAzure } from './read-azure.ts'
import { readBody } from './read-body.ts'
import { readBase, readEndpoint } from './read-endpoint.ts'
import { readHeaders } from './read-headers.ts'
import { RETRIES_MAX } from './read-retry.ts'
import { readSeconds } from './read-timers.ts'
import { type ReadFile, readVertex } from './read-vertex.ts'

export interface DeploymentContext {
  readonly reader: ConfigReader
  readonly timers: (params: DeploymentParams, route: string) => TimersConfig
  /** The values of a credential that a deployment names; `undefined` where there is none. */
  readonly credential: (name: string) => Path | undefined
  readonly readFile: ReadFile
}

export interface DeploymentPlace {
  readonly path: Path
  readonly route: string
  /** From 1, among the route's entries. */
  readonly number: number
  /** Said in place of `litellm_params.model`, where that stands for any. */
  readonly model?: string
}

export type ReadDeployment =
  | { readonly kind: 'read'; readonly deployment: DeploymentConfig }
  | { readonly kind: 'not-served'; readonly id: string; readonly why: NotServed }
  /** A problem was reported. */
  | { readonly kind: 'invalid' }

/** Reads one entry of `model_list`. */
export function readDeployment(
  context: DeploymentContext,
  { path, route, number, model }: DeploymentPlace,
): ReadDeployment {
  const { reader } = context
  const own = [...path, 'litellm_params']
  const info = [...path, 'model_info']
  if (!reader.map(own) && reader.get(own) !== undefined) return { kind: 'invalid' }
  reader.map(info)
  const id = reader.string([...info, 'id']) ?? `${route}/${number}`
  const credential = reader.string([...own, 'litellm_credential_name'])
  const values = credential === undefined ? undefined : context.credential(credential)
  const shared = ['router_settings', 'default_litellm_params']
  const params = new DeploymentParams(reader, own, [...(values ? [values] : []), shared])
  const name = readModelName(params, model)
  if (name === undefined) return { kind: 'invalid' }
  const missing = values === undefined ? credential : undefined
  const why = checkServed(params, { info, name, missingCredential: missing })
  if (why !== undefined) return { kind: 'not-served', id, why }
  const served: ServedModel =
    name.kind === 'served'
      ? name
      : { kind: 'served', provider: name.provider ?? 'openai', model: name.model }
  const facts = PROVIDERS.get(served.provider) ?? UNKNOWN
  const voice = readVoice(context, params, { id, info, name: served, facts })
  return voice === undefined
    ? { kind: 'invalid' }
    : {
        kind: 'read',
        deployment: { id, route, ...voice, ...readOptions(context, params, { info, route }) },
      }
}

/** A provider that nobody here knows, at an address that the file gives. */
const UNKNOWN: ProviderFacts = { baseVariables: [], keyVariables: [], keyOptional: true }

function readModelName(params: DeploymentParams, instead: string | undefined) {
  const { reader } = params
  const path = params.find('model') ?? [...params.own, 'model']
  const model = instead ?? reader.string(path)
  if (model !== undefined && model !== '') {
    return parseModelName(model, params.string('custom_llm_provider'))
  }
  if (reader.get(path) === undefined || model === '') {
    reader.fail({
      code: 'CONFIG_MISSING',
      path,
      message: 'expected <provider>/<model>, found none',
      hint: 'for example openai/gpt-4o or anthropic/claude-sonnet-4-5',
    })
  }
  return undefined
}

interface VoicePlace {
  readonly id: string
  readonly info: Path
  readonly name: ServedModel
  readonly facts: ProviderFacts
}

type Voice = Pick<
  DeploymentConfig,
  'provider' | 'model' | 'baseModel' | 'apis' | 'apiBase' | 'apiKey' | 'azure' | 'vertex'
>

/** Who is called, where, as whom, and in which protocol. */
function readVoice(
  context: DeploymentContext,
  params: DeploymentParams,
  { id, info, name, facts }: VoicePlace,
): Voice | undefined {
  const { provider, model } = name
  const baseModel = params.reader.string([...info, 'base_model']) ?? name.baseModel
  const known = { provider, model, ...(baseModel !== undefined && { baseModel }) }
  const apis = facts.apis ?? ['chat']
  if (provider === 'vertex_ai') {
    const given = readBase(params)
    if (given === undefined && params.find('api_base', 'base_url') !== undefined) return undefined
    const read = readVertex(params, given, context.readFile)
    if (read.kind === 'invalid') return undefined
    const { apiBase, vertex } = read
    return { ...known, apis, apiBase, vertex }
  }
  const azure = provider === 'azure' ? readAzure(params) : undefined
  const hasToken = azure?.adToken !== undefined
  const endpoint = readEndpoint(params, { id, provider, facts, hasToken })
  if (endpoint === undefined) return undefined
  const spoken = azure === undefined ? apis : azureApis(azure, apis)
  return {
    ...known,
    ...endpoint,
    apis: readApis(params, { info, name, apis: spoken }),
    ...(azure !== undefined && { azure }),
  }
}

type Options = Omit<DeploymentConfig, keyof Voice | 'id' | 'route'>

function readOptions(
  context: DeploymentContext,
  params: DeploymentParams,
  { info, route }: { readonly info: Path; readonly route: string },
): Options {
  const { reader } = context
  const prefill = reader.boolean([...info, 'supports_assistant_prefill'])
  const count = { min: 0, max: RETRIES_MAX, integer: true }
  const retriesMax = params.number('num_retries', count) ?? params.number('max_retries', count)
  const cooldown = params.find('cooldown_time')
  const cooldownMs =
    cooldown !== undefined && reader.get(cooldown) === 0 ? 0 : readSeconds(reader, cooldown)
  const headers = readHeaders(params)
  const body = readBody(params)
  return {
    order: params.number('order', { min: 0, integer: true }) ?? ORDER_DEFAULT,
    // Given where all of a route's deployments are known.
    weight: 1,
    ...(prefill !== undefined && { supportsAssistantPrefill: prefill }),
    timers: context.timers(params, route),
    ...(retriesMax !== undefined && { retriesMax }),
    ...(cooldownMs !== undefined && { cooldownMs }),
    ...(headers.size > 0 && { headers }),
    ...(body !== undefined && { body }),
  }
}

/** LiteLLM takes deployments without an `order` after all that have one. */
const ORDER_DEFAULT = 1_000_000
