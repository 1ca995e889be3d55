import type { CommitReport } from './group-commit.ts'
import { SourceClocks, type SourceClock } from './source-clocks.ts'

/** What the ingest thread did since it started: plain data, sent to the main thread. */
export interface IngestReport {
  readonly commits: DurationCounts
  readonly commitsFailed: number
  /** Since when no commit succeeds. */
  readonly failing: { readonly sinceMs: number; readonly why: string } | undefined
  /** Turned away under pressure; how many spans they held is counted in the store. */
  readonly shedBodies: number
  /** By the names of their sources. */
  readonly clocksOff: readonly SourceClock[]
  /** Spans of an older release, before anything new is taken. */
  readonly takingOver?: { readonly done: number; readonly total: number }
}

export interface DurationCounts {
  /** How many took at most the bound of the same index, and longer than the one before. */
  readonly buckets: readonly number[]
  readonly count: number
  readonly sumSeconds: number
}

/** Of a commit in seconds: from a fast disk to one that should be looked at. */
export const COMMIT_BOUNDS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export const EMPTY_REPORT: IngestReport = {
  commits: { buckets: COMMIT_BOUNDS_S.map(() => 0), count: 0, sumSeconds: 0 },
  commitsFailed: 0,
  failing: undefined,
  shedBodies: 0,
  clocksOff: [],
}

/** `turned`: nothing is stored any more, or is again. Who asks behind an answer has to know. */
export type IngestChange = 'counted' | 'turned'

/** Counts what becomes of bodies, beside what the store counts for ever. */
export class IngestCounts {
  readonly #now: () => number
  readonly #onChange: (change: IngestChange) => void
  readonly #buckets = COMMIT_BOUNDS_S.map(() => 0)
  #commits = 0
  #commitSeconds = 0
  #commitsFailed = 0
  #failing: IngestReport['failing']
  #shedBodies = 0
  readonly clocks = new SourceClocks()

  constructor(now: () => number, onChange: (change: IngestChange) => void = () => {}) {
    this.#now = now
    this.#onChange = onChange
  }

  committed(commit: CommitReport): void {
    const wasFailing = this.#failing !== undefined
    this.#count(commit)
    const isFailing = this.#failing !== undefined
    this.#onChange(wasFailing === isFailing ? 'counted' : 'turned')
  }

  shed(): void {
    this.#shedBodies += 1
    this.#onChange('counted')
  }

  report(): IngestReport {
    return {
      commits: {
        buckets: [...this.#buckets],
        count: this.#commits,
        sumSeconds: this.#commitSeconds,
      },
      commitsFailed: this.#commitsFailed,
      failing: this.#failing,
      shedBodies: this.#shedBodies,
      clocksOff: this.clocks.off(this.#now()),
    }
  }

  #count({ tookMs, failure }: CommitReport): void {
    if (failure !== undefined) {
      this.#commitsFailed += 1
      if (failure.isStoreTrouble) {
        this.#failing = { sinceMs: this.#failing?.sinceMs ?? this.#now(), why: failure.why }
      }
      return
    }
    this.#failing = undefined
    const seconds = tookMs / 1000
    this.#commits += 1
    this.#commitSeconds += seconds
    const index = COMMIT_BOUNDS_S.findIndex((bound) => seconds <= bound)
    if (index !== -1) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1
  }
}
