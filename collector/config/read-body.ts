import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { BodyConfig } from './config.ts'
import { isRecord } from './config-reader.ts'
import type { Path } from './config-path.ts'
import type { DeploymentParams } from './deployment-params.ts'

/**
 * Words of `litellm_params` that LiteLLM sends to the model where the client does not say them.
 * What would change the shape of the answer (`n`, `stream`, `tools`) is for the client alone.
 */
export const DEFAULT_PARAMS = [
  'frequency_penalty',
  'logit_bias',
  'max_completion_tokens',
  'max_tokens',
  'parallel_tool_calls',
  'presence_penalty',
  'reasoning_effort',
  'seed',
  'service_tier',
  'stop',
  'temperature',
  'thinking',
  'top_k',
  'top_p',
  'user',
  'verbosity',
] as const

/** Deeper than any `extra_body`; an alias that holds itself has no end. */
const DEPTH_MAX = 16

/** What is said of every request body; `undefined` where nothing is. */
export function readBody(params: DeploymentParams): BodyConfig | undefined {
  const defaults: Record<string, JsonValue> = {}
  for (const name of DEFAULT_PARAMS) {
    const path = params.find(name)
    const value = path && readJson(params, path)
    if (value !== undefined) defaults[name] = value
  }
  const extra = readExtra(params)
  const omit = readOmitted(params)
  const isEmpty = [defaults, extra, omit].every((part) => Object.keys(part).length === 0)
  return isEmpty ? undefined : { defaults, extra, omit }
}

function readExtra(params: DeploymentParams): JsonObject {
  const path = params.find('extra_body')
  if (path === undefined || !params.reader.map(path)) return {}
  const value = readJson(params, path)
  return value !== undefined && isJsonObject(value) ? value : {}
}

/** Names of fields; LiteLLM's paths into them (`tools[*].strict`) are not followed. */
function readOmitted(params: DeploymentParams): readonly string[] {
  const { reader } = params
  const path = params.find('additional_drop_params')
  if (path === undefined) return []
  const items = Array.from({ length: reader.list(path) }, (_, index) => [...path, index])
  return items.flatMap((item) => {
    const name = reader.string(item)
    if (name === undefined) return []
    if (/^\w+$/.test(name)) return [name]
    reader.ignore(item)
    return []
  })
}

/** A value of the file as JSON, `os.environ/NAME` resolved wherever it stands. */
function readJson(params: DeploymentParams, path: Path): JsonValue | undefined {
  const { reader } = params
  const value = reader.get(path)
  if (value === undefined) return undefined
  if (path.length > params.own.length + DEPTH_MAX) {
    reader.fail({ code: 'CONFIG_WRONG_TYPE', path, message: 'is nested too deeply' })
    return undefined
  }
  if (Array.isArray(value)) {
    return value.map((_, index) => readJson(params, [...path, index]) ?? null)
  }
  if (isRecord(value)) {
    const entries = Object.keys(value).map(
      (key) => [key, readJson(params, [...path, key]) ?? null] as const,
    )
    return Object.fromEntries(entries)
  }
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return reader.string(path)
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
