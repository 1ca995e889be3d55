import type { VerdictStore } from '../store/verdict-store.ts'
import type { TraceGroup } from './gather-traces.ts'
import { keyOf, type TraceOfSource } from './looked-traces.ts'

/** Traces that are known to have been told as in a crowd, so that it is not asked again. */
const KNOWN_MAX = 20_000

export interface KnownCrowdsOptions {
  readonly verdicts: Pick<VerdictStore, 'missedCrowd'>
  /** It will be told anyway, and knows its crowd then. */
  readonly isUnjudged: (trace: TraceOfSource) => boolean
}

/** Where too many traces are near each other, none of them is told as if it knew the others. */
export class KnownCrowds {
  readonly #options: KnownCrowdsOptions
  readonly #known = new Set<string>()

  constructor(options: KnownCrowdsOptions) {
    this.#options = options
  }

  /** Traces around this group that were told as if they stood in no crowd. */
  newlyCrowded(source: string, { crowd, traces }: TraceGroup): readonly string[] {
    const { verdicts, isUnjudged } = this.#options
    if (this.#known.size > KNOWN_MAX) this.#known.clear()
    for (const traceId of traces.keys()) {
      if (crowd.length > 0) this.#known.add(keyOf({ source, traceId }))
      else this.#known.delete(keyOf({ source, traceId }))
    }
    return crowd.filter((traceId) => {
      const key = keyOf({ source, traceId })
      if (this.#known.has(key)) return false
      if (isUnjudged({ source, traceId })) return false
      if (verdicts.missedCrowd(source, traceId)) return true
      this.#known.add(key)
      return false
    })
  }
}
