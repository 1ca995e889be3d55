import type { DeploymentConfig, TimersConfig } from './config.ts'
import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'
import {
  type ModelName,
  PROVIDERS,
  type ProviderFacts,
  UNSUPPORTED_PROVIDERS,
  parseModelName,
} from './providers.ts'
import { readApis } from './read-apis.ts'
import { Secret } from './secret.ts'
import { hintFor } from './suggest.ts'

export interface DeploymentContext {
  readonly reader: ConfigReader
  readonly timers: (params: Path) => TimersConfig
}

/** Deployments by route, in the file's order; routes of which nothing could be read are empty. */
export type Deployments = ReadonlyMap<string, readonly DeploymentConfig[]>

const ENTRY_KEYS = new Set(['model_name', 'litellm_params', 'model_info'])
const PARAM_KEYS = new Set([
  'model',
  'custom_llm_provider',
  'api_base',
  'base_url',
  'api_key',
  'timeout',
  'stream_timeout',
  'use_chat_completions_api',
  'order',
  'weight',
])
const INFO_KEYS = new Set(['id', 'mode', 'supported_endpoints', 'supports_assistant_prefill'])
/**
 * What a deployment that has no chat serves: not our business, and no reason to refuse the file.
 */
const OTHER_MODES = new Set([
  'audio_speech',
  'audio_transcription',
  'embedding',
  'image_generation',
  'moderation',
  'realtime',
  'rerank',
  'vector_store',
])

/** Reads `model_list`. */
export function readDeployments(context: DeploymentContext): Deployments {
  const { reader } = context
  const routes = new Map<string, DeploymentConfig[]>()
  const skipped: SkippedDeployment[] = []
  const ids = new Set<string>()
  const length = reader.list(['model_list'])
  if (length === 0 && reader.problems.length === 0) {
    reader.fail({
      code: 'CONFIG_MISSING',
      path: ['model_list'],
      message: 'expected at least one deployment, found none',
      hint: 'see examples/ for a whole file; the smallest is a model_name and litellm_params.model',
    })
  }
  for (let index = 0; index < length; index += 1) {
    const path: Path = ['model_list', index]
    const route = readRouteName(reader, path)
    if (route === undefined) continue
    const deployments = routes.get(route) ?? []
    routes.set(route, deployments)
    const number = deployments.length + skipped.filter((entry) => entry.route === route).length + 1
    const read = readDeployment(context, { path, route, number })
    if (read === undefined) continue
    if (read.kind === 'skipped') {
      skipped.push({ ...read, route, path })
      continue
    }
    if (ids.has(read.deployment.id)) {
      reader.fail({
        code: 'CONFIG_DUPLICATE_ID',
        path: [...path, 'model_info', 'id'],
        message: `another deployment has the id "${read.deployment.id}" already`,
      })
    }
    ids.add(read.deployment.id)
    deployments.push(read.deployment)
  }
  reportSkipped(reader, routes, skipped)
  return routes
}

interface SkippedDeployment {
  readonly route: string
  readonly path: Path
  readonly id: string
  readonly provider: string
  /** It serves no chat: its route may go with it. */
  readonly otherMode: boolean
}

type ReadDeployment =
  | { readonly kind: 'read'; readonly deployment: DeploymentConfig }
  | ({ readonly kind: 'skipped' } & Pick<SkippedDeployment, 'id' | 'provider' | 'otherMode'>)

/**
 * A deployment that we cannot call is an error where its route has no other, for every request to
 * it would fail; where it has, the route works and a warning will do.
 */
function reportSkipped(
  reader: ConfigReader,
  routes: Deployments,
  skipped: readonly SkippedDeployment[],
): void {
  for (const { route, path, id, provider, otherMode } of skipped) {
    const works = (routes.get(route)?.length ?? 0) > 0
    const report = {
      code: 'CONFIG_PROVIDER_UNSUPPORTED',
      path: [...path, 'litellm_params', 'model'],
      message: `deployment "${id}" of route "${route}": the provider "${provider}" is not supported`,
    } as const
    if (otherMode) {
      reader.warn({ ...report, message: `${report.message}; it serves no chat and is left out` })
    } else if (works) {
      reader.warn({ ...report, message: `${report.message}; the route’s others serve it` })
    } else {
      reader.fail({
        ...report,
        hint: `use openai/, anthropic/ or an OpenAI-compatible endpoint (openai/<model> with api_base); or let LiteLLM call ${provider} and set api_base to LiteLLM`,
      })
    }
  }
}

function readRouteName(reader: ConfigReader, path: Path): string | undefined {
  if (!reader.map(path)) return undefined
  for (const key of reader.keys(path)) if (!ENTRY_KEYS.has(key)) reader.ignore([...path, key])
  const route = reader.string([...path, 'model_name'])
  if (route !== undefined && route !== '') return route
  if (reader.get([...path, 'model_name']) === undefined || route === '') {
    reader.fail({
      code: 'CONFIG_MISSING',
      path: [...path, 'model_name'],
      message: 'expected the name that clients ask for, found none',
    })
  }
  return undefined
}

interface DeploymentPlace {
  readonly path: Path
  readonly route: string
  readonly number: number
}

function readDeployment(
  context: DeploymentContext,
  { path, route, number }: DeploymentPlace,
): ReadDeployment | undefined {
  const { reader } = context
  const params = [...path, 'litellm_params']
  const info = [...path, 'model_info']
  ignoreOthers(reader, params, PARAM_KEYS)
  ignoreOthers(reader, info, INFO_KEYS)
  const id = reader.string([...info, 'id']) ?? `${route}/${number}`
  const name = readModelName(reader, params)
  if (name === undefined || name.kind === 'unknown') return undefined
  if (name.kind === 'unsupported') {
    const mode = reader.get([...info, 'mode'])
    const otherMode = typeof mode === 'string' && OTHER_MODES.has(mode)
    return { kind: 'skipped', id, provider: name.provider, otherMode }
  }
  const facts = PROVIDERS.get(name.provider)
  const endpoint =
    facts === undefined ? undefined : readEndpoint(reader, { params, id, facts, name })
  if (facts === undefined || endpoint === undefined) return undefined
  const prefill = reader.boolean([...info, 'supports_assistant_prefill'])
  return {
    kind: 'read',
    deployment: {
      id,
      route,
      provider: name.provider,
      apis: readApis(reader, { params, info, facts, name }),
      model: name.model,
      ...endpoint,
      order: reader.number([...params, 'order'], { min: 0, integer: true }) ?? ORDER_DEFAULT,
      weight: reader.number([...params, 'weight'], { min: 0 }) ?? 1,
      ...(prefill === undefined ? {} : { supportsAssistantPrefill: prefill }),
      timers: context.timers(params),
    },
  }
}

/** LiteLLM takes deployments without an `order` after all that have one. */
const ORDER_DEFAULT = 1_000_000

function ignoreOthers(reader: ConfigReader, path: Path, honoured: ReadonlySet<string>): void {
  if (!reader.map(path)) return
  for (const key of reader.keys(path)) if (!honoured.has(key)) reader.ignore([...path, key])
}

function readModelName(reader: ConfigReader, params: Path): ModelName | undefined {
  const path = [...params, 'model']
  const model = reader.string(path)
  if (model === undefined || model === '') {
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
  const name = parseModelName(model, reader.string([...params, 'custom_llm_provider']))
  if (name.kind === 'unknown') {
    const prefix = model.includes('/') ? model.slice(0, model.indexOf('/')) : undefined
    reader.fail({
      code: 'CONFIG_PROVIDER_UNSUPPORTED',
      path,
      message: `expected <provider>/<model> with a provider that is known, found "${model}"`,
      hint:
        prefix === undefined
          ? `write openai/${model} with api_base for an OpenAI-compatible server`
          : hintFor(prefix, [...PROVIDERS.keys(), ...UNSUPPORTED_PROVIDERS]),
    })
  }
  return name
}

interface EndpointPlace {
  readonly params: Path
  readonly id: string
  readonly facts: ProviderFacts
  readonly name: { readonly provider: string }
}

function readEndpoint(
  reader: ConfigReader,
  { params, id, facts, name }: EndpointPlace,
): Pick<DeploymentConfig, 'apiBase' | 'apiKey'> | undefined {
  const key = ['api_base', 'base_url'].find((k) => reader.get([...params, k]) !== undefined)
  const basePath = [...params, key ?? 'model']
  const given = key === undefined ? undefined : reader.string(basePath)
  if (key !== undefined && given === undefined) return undefined
  const fromEnvironment = facts.baseVariables
    .map((variable) => reader.environment(variable))
    .find((value) => value !== undefined)
  const base = given ?? fromEnvironment ?? facts.apiBase
  if (base === undefined) {
    reader.fail({
      code: 'CONFIG_MISSING',
      path: [...params, 'api_base'],
      message: `deployment "${id}": expected the address of its server, found none`,
      hint: `add api_base, for example http://127.0.0.1:8000/v1`,
    })
    return undefined
  }
  const apiBase = checkBase(reader, basePath, base)
  const apiKey = reader.secret([...params, 'api_key'])
  if (apiBase === undefined || reader.get([...params, 'api_key']) !== undefined) {
    return apiBase === undefined
      ? undefined
      : { apiBase, ...(apiKey === undefined ? {} : { apiKey }) }
  }
  const usual = facts.keyVariables.find((variable) => reader.environment(variable) !== undefined)
  const usualKey = usual === undefined ? undefined : reader.environment(usual)
  // A provider's key goes to that provider only: an `api_base` of the file may be anybody's.
  const own =
    given === undefined || facts.apiBase === undefined || sameOrigin(apiBase, facts.apiBase)
  if (usualKey !== undefined && own) return { apiBase, apiKey: new Secret(usualKey) }
  if (usual !== undefined && !own) {
    reader.warn({
      code: 'CONFIG_KEY_MISSING',
      path: [...params, 'api_base'],
      message: `deployment "${id}": ${usual} is not sent to another origin than ${name.provider}’s own`,
      hint: `write api_key: os.environ/${usual} if this server should get it`,
    })
  }
  if (own && facts.apiBase !== undefined) {
    reader.fail({
      code: 'CONFIG_KEY_MISSING',
      path: params,
      message: `deployment "${id}": no api_key, and ${facts.keyVariables.join(' or ')} is not set`,
      hint: `add api_key: os.environ/${facts.keyVariables[0] ?? 'NAME'} and export that variable`,
    })
  }
  return { apiBase }
}

function checkBase(reader: ConfigReader, path: Path, base: string): string | undefined {
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
  reader.fail({
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
