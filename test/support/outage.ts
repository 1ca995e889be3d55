import { parseRouterConfig, type RouterConfig } from '../../analyzer/story/router-config.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { loadRecordings, type Recording } from './litellm-recordings.ts'
import { placeTraces } from './place-traces.ts'

export interface Traffic {
  /** Of one request each, in the order in which they began. */
  readonly requests: readonly (readonly Span[])[]
  readonly routerConfig: RouterConfig
}

export interface TrafficOptions {
  /** `<release>/<mode>` of the recordings. */
  readonly mode: string
  readonly requests: number
  readonly perSecond: number
  /** When the first of them begins. */
  readonly startMs: number
  /** Default: all that the tests have. */
  readonly recordings?: readonly Recording[]
}

/** Failed requests of a real LiteLLM process, over and over, as fast as they come when all fail. */
export function buildOutage(options: TrafficOptions): Traffic {
  return repeat(hasFailed, options)
}

/** The same process on a good day. */
export function buildGoodDay(options: TrafficOptions): Traffic {
  return repeat((recording) => !hasFailed(recording), options)
}

function repeat(
  isWanted: (recording: Recording) => boolean,
  { mode, requests, perSecond, startMs, recordings = loadRecordings() }: TrafficOptions,
): Traffic {
  const all = recordings.filter((recording) => recording.mode === mode)
  const wanted = all.filter(isWanted)
  const gapNs = BigInt(Math.round(1e9 / perSecond))
  return {
    requests: Array.from({ length: requests }, (_, number) =>
      placeTraces(wanted[number % wanted.length]?.spans ?? [], {
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
