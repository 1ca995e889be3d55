import type { VerdictStore } from '../store/verdict-store.ts'
import type { TraceGroup } from './gather-traces.ts'
import { TraceMap } from './trace-map.ts'

/** Traces that are known to have been told as in a crowd, so that it is not asked again. */
const KNOWN_MAX = 20_000

export interface KnownCrowdsOptions {
  readonly verdicts: Pick<VerdictStore, 'missedCrowd'>
  /** By trace id: they will be told anyway, and know their crowd then. */
  readonly unjudgedOf: (source: string) => ReadonlyMap<string, unknown>
}

/** Where too many traces are near each other, none of them is told as if it knew the others. */
export class KnownCrowds {
  readonly #options: KnownCrowdsOptions
  readonly #known = new TraceMap<true>()

  constructor(options: KnownCrowdsOptions) {
    this.#options = options
  }

  /** Traces around this group that were told as if they stood in no crowd. */
  newlyCrowded(source: string, { crowd, traces }: TraceGroup): readonly string[] {
    const { verdicts, unjudgedOf } = this.#options
    if (this.#known.size > KNOWN_MAX) this.#known.clear()
    for (const traceId of traces.keys()) {
      if (crowd.length > 0) this.#known.set({ source, traceId }, true)
      else this.#known.delete({ source, traceId })
    }
    const known = this.#known.of(source)
    const unjudged = unjudgedOf(source)
    return crowd.filter((traceId) => {
      if (known.has(traceId) || unjudged.has(traceId)) return false
      if (verdicts.missedCrowd(source, traceId)) return true
      this.#known.set({ source, traceId }, true)
      return false
    })
  }
}
