import type { StorePart } from './store.ts'

/** Of all parts of the store of one kind. */
export interface PartTotals {
  readonly kind: StorePart['kind']
  readonly count: number
  readonly bytes: number
  readonly spans: number
}

/** What whoever looks after the analyzer should know of dropping and packing. */
export interface KeepingReport {
  /** Why something is not dropped or packed; undefined where all is well. */
  readonly trouble: string | undefined
  /** Files that cannot be read, or were set aside because of that. */
  readonly damaged: readonly string[]
  /** Of those that were set aside. */
  readonly setAsideBytes: number
  /** Undefined until it was looked for the first time. */
  readonly parts: readonly PartTotals[] | undefined
}
