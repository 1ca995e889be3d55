import type { RuleOptions } from '../rules/rule-options.ts'
import type { RouterConfig } from '../story/router-config.ts'

/** The analyzer's configuration after loading: complete and defaulted. */
export interface AnalyzerConfig {
  readonly sources: readonly SourceConfig[]
  readonly settleMs: number
  readonly rules: RuleOptions
  readonly retention: RetentionConfig
  readonly ingest: IngestConfig
}

export interface IngestConfig {
  /** Of one request, before and after decompression. */
  readonly bodyBytesMax: number
  /** Of all requests that wait for their answer. */
  readonly queueBytesMax: number
}

export interface SourceConfig {
  readonly name: string
  /** Attributes of the resource that must all be equal; empty matches by token only. */
  readonly match: ReadonlyMap<string, string>
  readonly tokenFile: string | undefined
  readonly routerConfig: RouterConfig | undefined
}

export interface RetentionConfig {
  readonly spanAgeMsMax: number
  readonly spanBytesMax: number
  /** Judged requests that lists show; counts of them stay. */
  readonly requestsMax: number
  readonly incidentAgeMsMax: number
}

/** What matches no source, on loopback. */
export const DEFAULT_SOURCE = 'default'
