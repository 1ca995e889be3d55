import type { IngestReport } from '../ingest/ingest-report.ts'
import type { Connections } from '../ingest/receive/connection-count.ts'
import type { IntakeLevel } from '../ingest/receive/intake-queue.ts'
import type { RefusalReason } from '../ingest/receive/receiver.ts'
import type { RefusedSender } from '../ingest/receive/refused-senders.ts'
import type { KeepingReport } from '../store/keeping-report.ts'
import type { DiskUse } from '../store/measure-disk.ts'

export interface KeepingFacts extends Omit<KeepingReport, 'trouble'> {
  /** Undefined where all is well. */
  readonly trouble: { readonly why: string; readonly sinceMs: number } | undefined
}

/**
 * What only the main thread knows, and health and metrics show: plain data, sent along with what
 * the judging thread is asked.
 */
export interface IntakeFacts {
  readonly otlpHttpUrl: string
  readonly connections: { readonly http: Connections; readonly grpc: Connections }
  readonly queue: IntakeLevel
  readonly report: IngestReport
  /** The latest first. */
  readonly refused: readonly RefusedSender[]
  readonly refusedTotals: ReadonlyMap<RefusalReason, number>
  /** Names of the configuration, whether or not anything ever came from them. */
  readonly sources: readonly string[]
  /** Undefined where the system does not tell. */
  readonly disk: DiskUse | undefined
  readonly diskBytesMax: number
  readonly keeping: KeepingFacts
}
