import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'
import { DEFAULT_PARAMS } from './read-body.ts'
import { suggest } from './suggest.ts'

const ENTRY_KEYS: ReadonlySet<string> = new Set([
  'model_name',
  'litellm_params',
  'model_info',
  'rpm',
  'tpm',
])

/** What is read of `litellm_params`, a credential's values and `default_litellm_params`. */
export const PARAM_KEYS: ReadonlySet<string> = new Set([
  ...DEFAULT_PARAMS,
  'additional_drop_params',
  'api_base',
  'api_key',
  'api_version',
  'azure_ad_token',
  'base_url',
  'cooldown_time',
  'custom_llm_provider',
  'extra_body',
  'extra_headers',
  'headers',
  'litellm_credential_name',
  'max_retries',
  'model',
  'num_retries',
  'order',
  'organization',
  'rpm',
  'stream_timeout',
  'timeout',
  'tpm',
  'use_chat_completions_api',
  'vertex_ai_credentials',
  'vertex_ai_location',
  'vertex_ai_project',
  'vertex_credentials',
  'vertex_location',
  'vertex_project',
  'weight',
])

const INFO_KEYS: ReadonlySet<string> = new Set([
  'base_model',
  'blocked',
  'id',
  'mode',
  'supported_endpoints',
  'supported_environments',
  'supports_assistant_prefill',
])

/** LiteLLM's own words that look like one that is honoured, and mean something else. */
export const OTHER_PARAMS: ReadonlySet<string> = new Set([
  'api_type',
  'itpm',
  'otpm',
  'region_name',
  'rpd',
  'tags',
  'tpd',
])

/** Notes what stands in an entry of `model_list` and changes nothing here. */
export function ignoreOtherParams(reader: ConfigReader, entry: Path): void {
  ignoreOthers(reader, entry, { honoured: ENTRY_KEYS, other: new Set() })
  const params = [...entry, 'litellm_params']
  ignoreOthers(reader, params, { honoured: PARAM_KEYS, other: OTHER_PARAMS })
  // `model_info` may hold anything that its owner likes.
  const info = [...entry, 'model_info']
  for (const key of reader.keys(info)) if (!INFO_KEYS.has(key)) reader.ignore([...info, key])
}

export interface KnownKeys {
  readonly honoured: ReadonlySet<string>
  /** LiteLLM's own, which change nothing here: no slip of the pen. */
  readonly other: ReadonlySet<string>
}

/** A key that is nearly one that is honoured is told at once: somebody relies on it. */
export function ignoreOthers(reader: ConfigReader, path: Path, known: KnownKeys): void {
  if (!reader.map(path)) return
  for (const key of reader.keys(path)) {
    if (known.honoured.has(key)) continue
    const place = [...path, key]
    reader.ignore(place)
    const near = known.other.has(key) ? undefined : suggest(key, [...known.honoured])
    if (near === undefined) continue
    reader.warn({
      code: 'CONFIG_UNKNOWN_KEY',
      path: place,
      message: 'changes nothing here',
      hint: `did you mean "${near}"?`,
    })
  }
}
