import { isError } from '../../../attributes.ts'
import type { Span } from '../../../span.ts'
import { isCallSpan, isV1, isV2 } from '../span-kinds.ts'

/**
 * The minor version of LiteLLM 1.x, for what differs between releases: told by v2, and in v1 the
 * least release that is known to write what the spans hold. Undefined where nothing tells.
 */
export function minorRelease(spans: readonly Span[]): number | undefined {
  const told = spans.find(isV2)?.scope.version
  if (told !== undefined) return minorOf(told)
  const own = spans.filter(isV1)
  if (own.some((span) => isError(span) && span.status.message !== '')) return 109
  for (const [minor, keys] of FIRST_SEEN_IN) {
    if (spans.some((span) => keys.some((key) => span.attributes.has(key)))) return minor
  }
  return own.some(isCallSpan) ? 83 : undefined
}

function minorOf(version: string): number | undefined {
  const match = /^1\.(\d{1,4})(?:\.|$)/u.exec(version)
  return match?.[1] === undefined ? undefined : Number(match[1])
}

/** Newest first. */
const FIRST_SEEN_IN: readonly (readonly [number, readonly string[]])[] = [
  [
    109,
    ['litellm.cache_hit', 'metadata.kubernetes_pod_routing', 'metadata.used_client_oauth_token'],
  ],
  [97, ['metadata.routing_decision']],
  [95, ['metadata.user_api_key_team_spend']],
  [90, ['litellm.model_group', 'litellm.provider.model']],
]
