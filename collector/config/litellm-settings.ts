import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'
import { OTHER_PARAMS, PARAM_KEYS, ignoreOthers } from './ignore-params.ts'

/** Keys of `router_settings` and `litellm_settings` that are honoured; the router's win. */
export const SETTING_KEYS = [
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'default_fallbacks',
  'default_litellm_params',
  'max_fallbacks',
  'num_retries',
  'retry_policy',
  'allowed_fails',
  'cooldown_time',
  'disable_cooldowns',
  'timeout',
  'request_timeout',
  'stream_timeout',
  'model_group_alias',
  'disable_mid_stream_continuation',
  'enable_mid_stream_fallback_continuation',
] as const
export type SettingKey = (typeof SETTING_KEYS)[number]

const HONOURED: ReadonlySet<string> = new Set(SETTING_KEYS)
const SECTIONS = ['router_settings', 'litellm_settings'] as const

/** LiteLLM's own words that look like one that is honoured, and mean something else. */
const OTHER_SETTINGS: ReadonlySet<string> = new Set([
  'allowed_fails_policy',
  'callbacks',
  'context_window_fallback_dict',
  'default_max_parallel_requests',
  'default_team_params',
  'max_retries',
  'model_group_retry_policy',
  'model_group_settings',
  'num_retries_per_request',
  'retry_after',
])

const GENERAL_KEYS: ReadonlySet<string> = new Set(['master_key'])

/** Where a setting is given, or `undefined` where it is not. */
export function findSetting(reader: ConfigReader, key: SettingKey): Path | undefined {
  return SECTIONS.map((section) => [section, key]).find((path) => reader.get(path) !== undefined)
}

/** Notes everything in LiteLLM's own sections that changes nothing here. */
export function ignoreOtherSettings(reader: ConfigReader): void {
  for (const section of SECTIONS) {
    ignoreOthers(reader, [section], { honoured: HONOURED, other: OTHER_SETTINGS })
    const defaults = [section, 'default_litellm_params']
    ignoreOthers(reader, defaults, { honoured: PARAM_KEYS, other: OTHER_PARAMS })
  }
  ignoreOthers(reader, ['general_settings'], { honoured: GENERAL_KEYS, other: new Set() })
}
