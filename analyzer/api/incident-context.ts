import type { ActStore } from '../store/act-store.ts'
import type { VerdictStore } from '../store/verdict-store.ts'

/** What answers about incidents are made from: verdicts, what people did, and the time. */
export interface IncidentContext {
  readonly verdicts: VerdictStore
  readonly acts: ActStore
  readonly nowMs: number
  /** Verdicts are being made anew: an incident that is not there is still to come. */
  readonly deriving: boolean
}
