import type { IntakeFacts } from '../api/intake-facts.ts'
import type { ApiQuery } from '../api/query.ts'
import type { SourceMatch } from '../config/match-source.ts'
import type { RuleOptions } from '../rules/rule-options.ts'
import type { StorePlace } from '../store/open-store.ts'
import type { VerdictLimits } from '../store/verdict-store.ts'
import type { RouterConfig } from '../story/router-config.ts'

/** What the workers are started with; plain data, copied between threads. */
export interface IngestWorkerData {
  readonly store: StorePlace
  readonly salt: Uint8Array
  readonly sources: readonly SourceMatch[]
  readonly bodyBytesMax: number
  /** Of a `ShedSignal`, which the main thread sets. */
  readonly shed: SharedArrayBuffer
}

export interface JudgeWorkerData {
  readonly store: StorePlace
  readonly settleMs: number
  readonly ruleOptions: RuleOptions
  readonly routerConfigs: ReadonlyMap<string, RouterConfig>
  readonly limits: VerdictLimits
}

export interface JudgeCall {
  readonly query: ApiQuery
  readonly intake: IntakeFacts
}

export interface KeeperWorkerData {
  readonly store: StorePlace
}

/** Verdicts changed; judging cannot go on for now; it does again. */
export type JudgeEvent = 'changed' | 'paused' | 'resumed'
