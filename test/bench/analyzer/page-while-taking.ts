import { setTimeout as sleep } from 'node:timers/promises'
import type { WireRequestList } from '../../../analyzer/api/wire.ts'
import { generateSpans } from '../load/generate-spans.ts'
import type { LoadResult } from '../load/load-spec.ts'
import { toBatches } from '../spans/batch.ts'
import { healthyTrace, typicalTrace } from '../spans/shapes.ts'
import type { AnalyzerProcess } from './receiver.ts'
import { askApi } from './stored.ts'

export const SPANS_PER_S = 20_000
const SPANS_PER_REQUEST = 50
const CONNECTIONS = 64
const TEMPLATES = 64
/** Between two rounds of reading, as a page does that is open on every screen of a team. */
const READ_PAUSE_MS = 500

export interface PageWhileTaking {
  readonly load: LoadResult
  /** How long the page waited for each answer. */
  readonly pageMs: readonly number[]
}

/** A steady load that does not wait for its answers, and a page that reads all the while. */
export async function pageWhileTaking(
  analyzer: AnalyzerProcess,
  { warmMs, measureMs }: { readonly warmMs: number; readonly measureMs: number },
): Promise<PageWhileTaking> {
  const page = new Page(analyzer)
  const reading = page.read()
  const batch = { spans: SPANS_PER_REQUEST, encoding: 'protobuf', count: TEMPLATES } as const
  const load = await generateSpans(
    {
      url: analyzer.httpUrl,
      protocol: 'http',
      gzip: false,
      templates: toBatches(typicalTrace, batch, healthyTrace),
      connections: CONNECTIONS,
      warmMs,
      measureMs,
      requestsPerS: SPANS_PER_S / SPANS_PER_REQUEST,
    },
    () => undefined,
  )
  page.close()
  await reading
  return { load, pageMs: page.tookMs }
}

/** What a page asks when it is shown, over and over. */
class Page {
  readonly tookMs: number[] = []
  readonly #analyzer: AnalyzerProcess
  #isClosed = false

  constructor(analyzer: AnalyzerProcess) {
    this.#analyzer = analyzer
  }

  close(): void {
    this.#isClosed = true
  }

  async read(): Promise<void> {
    while (!this.#isClosed) {
      await this.#timed('overview?window=24h')
      await this.#timed('incidents?window=24h')
      const list = await this.#timed<WireRequestList>('requests')
      const trace = list.requests[0]?.traceIds[0]
      if (trace !== undefined) await this.#timed(`traces/${trace}`)
      await sleep(READ_PAUSE_MS)
    }
  }

  async #timed<T>(path: string): Promise<T> {
    const askedMs = performance.now()
    const answer = await askApi<T>(this.#analyzer, path)
    this.tookMs.push(performance.now() - askedMs)
    return answer
  }
}
