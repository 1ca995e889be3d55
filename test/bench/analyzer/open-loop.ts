import { setTimeout as sleep } from 'node:timers/promises'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { atLeast, atMost, ratio, type Goal, type Values } from '../goal.ts'
import { threadCpuMsOf } from '../process-cost.ts'
import { percentile, showProgress } from '../report.ts'
import type { PacedResult, PacedRun } from '../yardsticks/pace-plain-table.ts'
import { runYardstick } from '../yardsticks/run-yardstick.ts'
import type { BenchContext, Column } from './context.ts'
import { ALL_THREADS, cpuPerSpan, THREADS } from './cpu-per-span.ts'
import { pageWhileTaking, SPANS_PER_S } from './page-while-taking.ts'
import { startAnalyzer, type AnalyzerProcess } from './receiver.ts'
import { askApi, expectStored } from './stored.ts'

const CAUGHT_UP_MS_MAX = 120_000
const LOOK_AGAIN_MS = 200

/**
 * LiteLLM's traces settle 15 s after their last span, which is then not lag. In the first seconds
 * of a process its code is compiled, and the disk still deletes what was measured before.
 */
const SIZES = {
  tiny: { warmMs: 100, measureMs: 500, settleMs: 100 },
  usual: { warmMs: 5000, measureMs: 15_000, settleMs: 15_000 },
  full: { warmMs: 5000, measureMs: 60_000, settleMs: 15_000 },
} as const

export const OPEN_LOOP = '20,000 spans/s, a page reading'

export async function runOpenLoop(context: BenchContext): Promise<void> {
  const { warmMs, measureMs, settleMs } = SIZES[context.size]
  const plain = await pacePlainTable(context, { warmMs, measureMs })
  const analyzer = await startAnalyzer({ ...context, settleMs })
  try {
    showProgress(`${OPEN_LOOP}: sending`)
    const started = threadCpuMsOf(analyzer.pid)
    const { load, pageMs } = await pageWhileTaking(analyzer, { warmMs, measureMs })
    const row = rowOf(context)
    row(OPEN_LOOP, { unit: 'spans/s', value: load.spans / load.seconds }, [
      atLeast(0.99 * SPANS_PER_S, 'spans/s', ours),
    ])
    const acks = { unit: 'ms', digits: 1 } as const
    row('  ack, p50', { ...acks, value: load.ackMs.p50, plain: plain.p50 }, [])
    row('  ack, p99', { ...acks, value: load.ackMs.p99, plain: plain.p99 }, [
      atMost(25, 'ms', ours),
      atMost(1, '× plain SQLite', (values) => ratio(values, 'ours', ['plain'])),
    ])
    row('  ack, longest', { ...acks, value: load.ackMs.max, plain: plain.max }, [])
    row('  answers to the page, p50', { unit: 'ms', digits: 1, value: percentile(pageMs, 0.5) }, [])
    const longestMs = percentile(pageMs, 1)
    row('  answers to the page, longest', { unit: 'ms', digits: 1, value: longestMs }, [])
    await expectStored(analyzer, load.spansInAll)
    await judgeTheRest(context, analyzer, settleMs)
    const cpuUs = cpuPerSpan(started, threadCpuMsOf(analyzer.pid), load.spansInAll)
    for (const thread of [ALL_THREADS, ...THREADS]) {
      const value = cpuUs.get(thread)
      row(`  CPU per span, judged: ${thread}`, { unit: 'µs', digits: 1, value }, [])
    }
  } finally {
    await analyzer.stop()
  }
}

/** What the disk does on its own: the same rows at the same pace, and nothing else at work. */
function pacePlainTable(
  { workFolder }: BenchContext,
  times: Pick<PacedRun, 'warmMs' | 'measureMs'>,
): Promise<PacedResult> {
  showProgress(`${OPEN_LOOP}: plain SQLite at the same pace`)
  const run: PacedRun = { workFolder, rowsPerS: SPANS_PER_S, ...times }
  return runYardstick('pace-plain-table', run)
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
    of: {
      readonly unit: string
      readonly digits?: number
      readonly value: number | undefined
      readonly plain?: number
    },
    goals: readonly Goal<Column>[],
  ): void => {
    const { unit, digits = 0, value, plain } = of
    const values = new Map<Column, number>()
    if (plain !== undefined) values.set('plain', plain)
    if (value !== undefined) values.set('ours', value)
    report.row({ name, unit, digits, goals }, values)
  }
}

function ours(values: Values<Column>): number | undefined {
  return values.get('ours')
}
