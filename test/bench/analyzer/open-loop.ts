import { setTimeout as sleep } from 'node:timers/promises'
import type { WireHealth, WireRequestList } from '../../../analyzer/api/wire.ts'
import { atLeast, atMost, type Goal, type Values } from '../goal.ts'
import { generateSpans } from '../load/generate-spans.ts'
import { median, showProgress } from '../report.ts'
import { toBatches } from '../spans/batch.ts'
import { typicalTrace } from '../spans/shapes.ts'
import type { BenchContext, Column } from './context.ts'
import { startAnalyzer, type AnalyzerProcess } from './receiver.ts'
import { askApi, expectStored } from './stored.ts'

/** A steady load that does not wait, a page that reads all the while, and judging behind it. */

const SPANS_PER_S = 20_000
const SPANS_PER_REQUEST = 50
const CONNECTIONS = 64
const TEMPLATES = 64
/** Between two rounds of reading, as a page does that is open on every screen of a team. */
const READ_PAUSE_MS = 500
const CAUGHT_UP_MS_MAX = 120_000
const LOOK_AGAIN_MS = 200

/** LiteLLM's traces settle 15 s after their last span, which is then not lag. */
const SIZES = {
  tiny: { measureMs: 500, settleMs: 100 },
  usual: { measureMs: 15_000, settleMs: 15_000 },
  full: { measureMs: 60_000, settleMs: 15_000 },
} as const

export const OPEN_LOOP = '20,000 spans/s, a page reading'

export async function runOpenLoop(context: BenchContext): Promise<void> {
  const { measureMs, settleMs } = SIZES[context.size]
  const analyzer = await startAnalyzer({ ...context, settleMs })
  try {
    showProgress(`${OPEN_LOOP}: sending`)
    const page = new Page(analyzer)
    const reading = page.read()
    const load = await generateSpans(
      {
        url: analyzer.httpUrl,
        protocol: 'http',
        gzip: false,
        templates: toBatches(typicalTrace, {
          spans: SPANS_PER_REQUEST,
          encoding: 'protobuf',
          count: TEMPLATES,
        }),
        connections: CONNECTIONS,
        warmMs: context.warmMs,
        measureMs,
        requestsPerS: SPANS_PER_S / SPANS_PER_REQUEST,
      },
      () => undefined,
    )
    page.close()
    await reading
    const row = rowOf(context)
    row(OPEN_LOOP, { unit: 'spans/s', value: load.spans / load.seconds }, [
      atLeast(0.99 * SPANS_PER_S, 'spans/s', ours),
    ])
    row('  ack, p50', { unit: 'ms', digits: 1, value: load.ackMs.p50 }, [])
    row('  ack, p99', { unit: 'ms', digits: 1, value: load.ackMs.p99 }, [atMost(25, 'ms', ours)])
    row('  ack, longest', { unit: 'ms', digits: 1, value: load.ackMs.max }, [])
    row('  answers to the page, p50', { unit: 'ms', digits: 1, value: page.p50() }, [])
    row('  answers to the page, longest', { unit: 'ms', digits: 1, value: page.longest() }, [])
    await expectStored(analyzer, load.spansInAll)
    await judgeTheRest(context, analyzer, settleMs)
  } finally {
    await analyzer.stop()
  }
}

/** Judging has caught up when nothing waits that could have settled. */
async function judgeTheRest(
  context: BenchContext,
  analyzer: AnalyzerProcess,
  settleMs: number,
): Promise<void> {
  showProgress(`${OPEN_LOOP}: judging what is left`)
  const endedMs = performance.now()
  const pending = async (): Promise<number> =>
    (await askApi<WireHealth>(analyzer, 'health')).requestsPending
  const atEnd = await pending()
  let left = atEnd
  while (left > 0 && performance.now() - endedMs < CAUGHT_UP_MS_MAX) {
    await sleep(LOOK_AGAIN_MS)
    left = await pending()
  }
  const judgedMs = performance.now() - endedMs
  const row = rowOf(context)
  row('  traces not yet judged when it ends', { unit: 'traces', value: atEnd }, [])
  const behindS = Math.max(0, judgedMs - settleMs) / 1000
  row('  until all are judged, beyond their settling', { unit: 's', digits: 1, value: behindS }, [
    atMost(5, 's', ours),
  ])
  if (left > 0) {
    const waitedS = CAUGHT_UP_MS_MAX / 1000
    context.report.note(`judging had not caught up after ${waitedS} s: ${left} traces were left`)
  }
}

function rowOf({ report }: BenchContext) {
  return (
    name: string,
    of: { readonly unit: string; readonly digits?: number; readonly value: number | undefined },
    goals: readonly Goal<Column>[],
  ): void => {
    const { unit, digits = 0, value } = of
    report.row({ name, unit, digits, goals }, new Map(value === undefined ? [] : [['ours', value]]))
  }
}

function ours(values: Values<Column>): number | undefined {
  return values.get('ours')
}

/** What a page asks when it is shown, over and over. */
class Page {
  readonly #analyzer: AnalyzerProcess
  readonly #tookMs: number[] = []
  #isClosed = false

  constructor(analyzer: AnalyzerProcess) {
    this.#analyzer = analyzer
  }

  close(): void {
    this.#isClosed = true
  }

  p50(): number | undefined {
    return median(this.#tookMs)
  }

  longest(): number | undefined {
    return this.#tookMs.length === 0 ? undefined : Math.max(...this.#tookMs)
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
    this.#tookMs.push(performance.now() - askedMs)
    return answer
  }
}
