import type { TimersConfig } from './config.ts'
import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'
import type { DeploymentParams } from './deployment-params.ts'
import { type SecondwindSection, TIMER_DEFAULTS } from './secondwind-schema.ts'

/** A day: a longer limit on one request is a mistake in the unit. */
const SECONDS_MAX = 86_400

/** LiteLLM's limits for all deployments, in milliseconds. */
export interface SharedTimeouts {
  readonly timeoutMs: number | undefined
  readonly streamTimeoutMs: number | undefined
}

export function readSeconds(reader: ConfigReader, path: Path | undefined): number | undefined {
  if (path === undefined) return undefined
  const seconds = reader.number(path, { min: 0.001, max: SECONDS_MAX, unit: 'seconds' })
  return seconds === undefined ? undefined : Math.round(seconds * 1000)
}

/**
 * The timers of one deployment. The most specific word holds: the deployment's own `timeout` and
 * `stream_timeout`, then `secondwind.timers`, then LiteLLM's settings for all, then the defaults.
 */
export function readTimers(
  params: DeploymentParams,
  general: { readonly section: SecondwindSection['timers']; readonly shared: SharedTimeouts },
): TimersConfig {
  const { section, shared } = general
  const ownTimeoutMs = readSeconds(params.reader, params.find('timeout'))
  const ownStreamMs = readSeconds(params.reader, params.find('stream_timeout'))
  const timeoutMs = ownTimeoutMs ?? shared.timeoutMs
  // LiteLLM documents `stream_timeout` as time to first token and implements it as the longest wait
  // for bytes; what it does is what its users have tuned it for.
  const byteIdleMs =
    ownStreamMs ??
    ownTimeoutMs ??
    section.byte_idle_ms ??
    shared.streamTimeoutMs ??
    shared.timeoutMs
  const firstContentMs =
    section.first_content_ms ?? Math.max(TIMER_DEFAULTS.first_content_ms, timeoutMs ?? 0)
  const firstContentReasoningMs =
    section.first_content_reasoning_ms ??
    Math.max(TIMER_DEFAULTS.first_content_reasoning_ms, firstContentMs)
  return {
    connectMs: section.connect_ms ?? TIMER_DEFAULTS.connect_ms,
    firstEventMs: section.first_event_ms ?? TIMER_DEFAULTS.first_event_ms,
    firstContentMs,
    firstContentReasoningMs,
    byteIdleMs: byteIdleMs ?? TIMER_DEFAULTS.byte_idle_ms,
    // Responses opens its stream and then thinks without a word.
    thinkingIdleMs: byteIdleMs ?? firstContentReasoningMs,
    contentIdleMs: section.content_idle_ms ?? TIMER_DEFAULTS.content_idle_ms,
    totalStreamMs: section.total_stream_ms ?? TIMER_DEFAULTS.total_stream_ms,
    totalMs: ownTimeoutMs ?? section.total_ms ?? shared.timeoutMs ?? TIMER_DEFAULTS.total_ms,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
}
