import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'

/** Keys of `router_settings` and `litellm_settings` that are honoured; the router's win. */
export const SETTING_KEYS = [
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'default_fallbacks',
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

const SECTIONS = ['router_settings', 'litellm_settings'] as const
const HONOURED: ReadonlySet<string> = new Set(SETTING_KEYS)

/** Where a setting is given, or `undefined` where it is not. */
export function findSetting(reader: ConfigReader, key: SettingKey): Path | undefined {
  return SECTIONS.map((section) => [section, key]).find((path) => reader.get(path) !== undefined)
}

/** Notes everything in LiteLLM's own sections that changes nothing here. */
export function ignoreOtherSettings(reader: ConfigReader): void {
  for (const section of SECTIONS) {
    if (!reader.map([section])) continue
    for (const key of reader.keys([section])) {
      if (!HONOURED.has(key)) reader.ignore([section, key])
    }
  }
  if (!reader.map(['general_settings'])) return
  for (const key of reader.keys(['general_settings'])) {
    if (key !== 'master_key') reader.ignore(['general_settings', key])
  }
}
