import { IdHash, type HashKey } from './id-hash.ts'
import type { IdFilter } from './id-filter.ts'

/** One trace, asked of the filters of many segments: hashed once for all that share a key. */
export class TraceProbe {
  readonly #traceId: Buffer
  #hash: IdHash | undefined
  #key: HashKey | undefined

  constructor(traceId: Buffer) {
    this.#traceId = traceId
  }

  isIn(filter: IdFilter, key: HashKey): boolean {
    if (this.#hash === undefined || key.low !== this.#key?.low || key.high !== this.#key.high) {
      this.#key = key
      this.#hash = new IdHash(key)
      this.#hash.ofNumber(this.#hash.ofTrace(this.#traceId, 0))
    }
    return filter.mayHave(this.#hash)
  }
}
