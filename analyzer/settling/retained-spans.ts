import { SpansOfTrace } from '../store/spans-of-trace.ts'
import type { LoggedChunk, StoredTrace } from '../store/store.ts'
import { TraceMap, type TraceOfSource } from './trace-map.ts'

/**
 * Of all that waits: LiteLLM's traces of 15 s and our own of 2 s, at some 20,000 spans per second.
 * What comes beyond it is read from the disk when it is told.
 */
export const RETAINED_BYTES_MAX = 96 * 1024 * 1024

/** A trace with more would push hundreds of others out. */
const CHUNKS_OF_TRACE_MAX = 256

/** As it was read from the log. */
type RetainedChunk = Pick<LoggedChunk, 'content' | 'receivedAtMs'>

interface Retained {
  readonly chunks: RetainedChunk[]
  bytes: number
}

/**
 * The spans of traces that wait for their verdict, as they were read from the log: most are told
 * within seconds, and to look them up in the files again was a quarter of judging. Only of traces
 * of which all that is stored was read here; of the others, nothing.
 */
export class RetainedSpans {
  readonly #traces = new TraceMap<Retained>()
  #bytes = 0

  /** What is held, beside some hundred bytes for each chunk. */
  get bytes(): number {
    return this.#bytes
  }

  add({ source, heads: [first], content, receivedAtMs, isFirst }: LoggedChunk): void {
    if (first === undefined) return
    const trace = { source, traceId: first.traceId }
    const known = this.#traces.get(trace)
    if (known === undefined && !isFirst) return
    const isRoom = this.#bytes + content.bytes <= RETAINED_BYTES_MAX
    if (!isRoom || (known?.chunks.length ?? 0) >= CHUNKS_OF_TRACE_MAX) {
      this.delete(trace)
      return
    }
    const retained = known ?? { chunks: [], bytes: 0 }
    if (known === undefined) this.#traces.set(trace, retained)
    retained.chunks.push({ content, receivedAtMs })
    retained.bytes += content.bytes
    this.#bytes += content.bytes
  }

  /** Undefined where the files have to be asked. */
  spansOf(trace: TraceOfSource): StoredTrace | undefined {
    const retained = this.#traces.get(trace)
    if (retained === undefined) return undefined
    const { source } = trace
    const found = new SpansOfTrace()
    for (const { content, receivedAtMs } of retained.chunks) {
      for (const span of content.spans()) found.add({ span, source, receivedAtMs })
    }
    return { spans: found.inOrder(), isCut: false }
  }

  delete(trace: TraceOfSource): void {
    this.#bytes -= this.#traces.get(trace)?.bytes ?? 0
    this.#traces.delete(trace)
  }
}
