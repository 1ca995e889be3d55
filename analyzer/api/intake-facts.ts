import type { IngestReport } from '../ingest/ingest-report.ts'
import type { IntakeLevel } from '../ingest/receive/intake-queue.ts'
import type { RefusalReason } from '../ingest/receive/receiver.ts'
import type { RefusedSender } from '../ingest/receive/refused-senders.ts'
import type { DiskUse } from '../store/measure-disk.ts'
import type { StorePart } from '../store/store.ts'

/** Of all parts of the store of one kind. */
export interface PartTotals {
  readonly kind: StorePart['kind']
  readonly count: number
  readonly bytes: number
  readonly spans: number
}

/** Of dropping and packing what is old. */
export interface KeepingFacts {
  /** Why something is not dropped or packed; undefined where all is well. */
  readonly trouble: { readonly why: string; readonly sinceMs: number } | undefined
  /** Files that cannot be read, or were set aside because of that. */
  readonly damaged: readonly string[]
  /** Undefined until the keeper has looked. */
  readonly parts: readonly PartTotals[] | undefined
}

/**
 * What only the main thread knows, and health and metrics show: plain data, sent along with what
 * the judging thread is asked.
 */
export interface IntakeFacts {
  readonly otlpHttpUrl: string
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
