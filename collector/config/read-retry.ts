import type { FailureReason } from '../vocabulary.ts'
import type { BreakerConfig, RetryConfig } from './config.ts'
import type { ConfigReader } from './config-reader.ts'
import { findSetting } from './litellm-settings.ts'
import { readSeconds } from './read-timers.ts'
import { BREAKER_DEFAULTS, type SecondwindSection } from './secondwind-schema.ts'

/** OpenAI's SDK retries twice, and so does LiteLLM where nobody says otherwise. */
const RETRIES_DEFAULT = 2
/** `ROUTER_MAX_FALLBACKS` of LiteLLM. */
const FALLBACKS_DEFAULT = 5
export const RETRIES_MAX = 20

/**
 * LiteLLM's `retry_policy` in our words. Its entries for authentication, bad requests and content
 * policy are not honoured: the same request to the same target can only fail the same way.
 */
const RETRY_POLICY: ReadonlyMap<string, readonly FailureReason[]> = new Map([
  ['RateLimitErrorRetries', ['rate-limited']],
  ['TimeoutErrorRetries', ['timeout-connect']],
  ['InternalServerErrorRetries', ['server-error', 'connection']],
  ['ServiceUnavailableErrorRetries', ['overloaded']],
])

const RETRY_DEFAULT_KEY = 'DefaultRetries'

export function readRetry(reader: ConfigReader, section: SecondwindSection['retry']): RetryConfig {
  const count = (key: 'num_retries' | 'max_fallbacks') => {
    const path = findSetting(reader, key)
    return path && reader.number(path, { min: 0, max: RETRIES_MAX, integer: true })
  }
  const byReason = readRetryPolicy(reader)
  return {
    retriesMax: count('num_retries') ?? RETRIES_DEFAULT,
    ...(byReason.size === 0 ? {} : { retriesMaxByReason: byReason }),
    attemptsMax: section.attempts_max,
    fallbacksMax: count('max_fallbacks') ?? FALLBACKS_DEFAULT,
    budgetRatio: section.budget_ratio,
    budgetPerSecondMin: section.budget_per_second_min,
    backoffBaseMs: section.backoff_base_ms,
    backoffMaxMs: section.backoff_max_ms,
    retryAfterMaxMs: section.retry_after_max_ms,
  }
}

function readRetryPolicy(reader: ConfigReader): ReadonlyMap<FailureReason, number> {
  const byReason = new Map<FailureReason, number>()
  const path = findSetting(reader, 'retry_policy')
  if (path === undefined || !reader.map(path)) return byReason
  const rules = { min: 0, max: RETRIES_MAX, integer: true }
  for (const key of reader.keys(path)) {
    const reasons = RETRY_POLICY.get(key)
    if (reasons === undefined && key !== RETRY_DEFAULT_KEY) reader.ignore([...path, key])
    const retries = reasons && reader.number([...path, key], rules)
    if (retries === undefined) continue
    for (const reason of reasons ?? []) byReason.set(reason, retries)
  }
  const otherwise = reader.number([...path, RETRY_DEFAULT_KEY], rules)
  if (otherwise === undefined) return byReason
  for (const reason of [...RETRY_POLICY.values()].flat()) {
    if (!byReason.has(reason)) byReason.set(reason, otherwise)
  }
  return byReason
}

export function readBreaker(
  reader: ConfigReader,
  section: SecondwindSection['breaker'],
): BreakerConfig {
  const failsPath = findSetting(reader, 'allowed_fails')
  const allowedFails = failsPath && reader.number(failsPath, { min: 0, integer: true })
  const cooldownPath = findSetting(reader, 'cooldown_time')
  // 0 is LiteLLM's word for off.
  const off = cooldownPath !== undefined && reader.get(cooldownPath) === 0
  const cooldownMs = off ? 0 : readSeconds(reader, cooldownPath)
  const disabledPath = findSetting(reader, 'disable_cooldowns')
  const disabled = off || (disabledPath !== undefined && reader.boolean(disabledPath) === true)
  // "Allowed" ones do not open it: LiteLLM cools down after one more.
  const opensAfter = allowedFails === undefined ? undefined : allowedFails + 1
  return {
    failuresToOpen: disabled
      ? Number.MAX_SAFE_INTEGER
      : (section.failures_to_open ?? opensAfter ?? BREAKER_DEFAULTS.failures_to_open),
    firstOpenMs: section.first_open_ms ?? cooldownMs ?? BREAKER_DEFAULTS.first_open_ms,
    openMs: section.open_ms,
    openMaxMs: section.open_max_ms,
    quotaOpenMs: section.quota_open_ms,
  }
}
