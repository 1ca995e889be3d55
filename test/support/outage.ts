import { parseRouterConfig, type RouterConfig } from '../../analyzer/story/router-config.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { loadRecordings, type Recording } from './litellm-recordings.ts'
import { placeTraces } from './place-traces.ts'

export interface Outage {
  /** Of one request each, in the order in which they began. */
  readonly requests: readonly (readonly Span[])[]
  readonly routerConfig: RouterConfig
}

export interface OutageOptions {
  /** `<release>/<mode>` of the recordings. */
  readonly mode: string
  readonly requests: number
  readonly perSecond: number
  /** When the first of them begins. */
  readonly startMs: number
}

/** Failed requests of a real LiteLLM process, over and over, as fast as they come when all fail. */
export function buildOutage({ mode, requests, perSecond, startMs }: OutageOptions): Outage {
  const all = loadRecordings().filter((recording) => recording.mode === mode)
  const failed = all.filter(hasFailed)
  const gapNs = BigInt(Math.round(1e9 / perSecond))
  return {
    requests: Array.from({ length: requests }, (_, number) =>
      placeTraces(failed[number % failed.length]?.spans ?? [], {
        number,
        startNs: BigInt(startMs) * 1_000_000n + BigInt(number) * gapNs,
      }).flat(),
    ),
    routerConfig: parseRouterConfig(all[0]?.config),
  }
}

function hasFailed({ spans }: Recording): boolean {
  return spans.some((span) => span.status.code === 'error')
}
