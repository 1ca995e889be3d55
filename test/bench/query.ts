import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildFolder } from './analyzer/build-folder.ts'
import { bytesIn } from './analyzer/bytes-in.ts'
import { waitUntilJudged, waitUntilPacked } from './analyzer/judged.ts'
import { pageWhileTaking } from './analyzer/page-while-taking.ts'
import { questionsOf, type Question } from './analyzer/questions.ts'
import { startAnalyzer, type AnalyzerProcess } from './analyzer/receiver.ts'
import { askApi } from './analyzer/stored.ts'
import { atMost, type Goal, type Values } from './goal.ts'
import { selectRows } from './only.ts'
import { percentile, Report, showProgress } from './report.ts'
import { fillPlainTable, type PlainQuestions } from './yardsticks/plain-questions.ts'

/**
 * What a page waits for when a day of spans is there, beside the same questions to one plain table:
 * absolute figures move with the machine, the ratios are what counts.
 */
const { values: flags } = parseArgs({
  options: {
    tiny: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    spans: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string' },
    dir: { type: 'string', default: tmpdir() },
    profile: { type: 'string' },
  },
})

const COLUMNS = ['plain', 'p50', 'p99'] as const
type Column = (typeof COLUMNS)[number]

const spans = Number(flags.spans ?? (flags.tiny ? 1500 : flags.full ? 10_000_000 : 1_000_000))
/** Of each question; the first is asked of a program that has just started. */
const askings = flags.tiny ? 3 : 100
/** One plain table takes seconds for some. */
const PLAIN_MS_MAX = 5000

const WHILE_TAKING = 'a page while 20,000 spans/s come'

const isWanted = selectRows(flags.only, [...questionsOf([]).map(({ name }) => name), WHILE_TAKING])

const report = new Report<Column>(COLUMNS, {
  titles: { plain: 'plain SQLite', p50: 'analyzer, p50', p99: 'analyzer, p99' },
  goalTitle: 'goal of the analyzer',
  out: flags.out,
})
const workFolder = mkdtempSync(join(flags.dir, 'secondwind-bench-'))
try {
  await run()
} finally {
  showProgress('')
  rmSync(workFolder, { recursive: true })
}
report.note(
  `${spans.toLocaleString('en-US')} spans of one day in traces of eight; each question ${askings} times, over HTTP; the plain table is asked in process.`,
)
report.close()

async function run(): Promise<void> {
  const dataDir = join(workFolder, 'data')
  const { traceIds } = await buildFolder(dataDir, spans)
  const plain = await fillPlainTable(join(workFolder, 'plain.db'), spans)
  const analyzer = await startAnalyzer({
    workFolder,
    dataDir,
    settleMs: 1000,
    profileTo: flags.profile,
  })
  try {
    const judged = await waitUntilJudged(analyzer, spans)
    if (judged.left > 0) report.note(`${judged.left} traces were not judged in time`)
    showProgress('packing')
    if (!(await waitUntilPacked(dataDir, spans))) report.note('not all was packed in time')
    figure('spans judged after a start', { unit: 'spans/s', value: judged.spansPerS })
    figure('spans on disk', {
      unit: 'bytes/span',
      value: bytesIn(dataDir, 'spans') / spans,
      goals: [atMost(400, 'bytes/span', p50)],
    })
    figure('verdicts on disk', { unit: 'bytes/span', value: bytesIn(dataDir, 'verdicts') / spans })
    for (const question of questionsOf(traceIds)) {
      if (isWanted(question.name)) await ask(analyzer, question, plain)
    }
    if (isWanted(WHILE_TAKING)) await askWhileTaking(analyzer)
  } finally {
    plain.close()
    await analyzer.stop()
  }
}

async function askWhileTaking(analyzer: AnalyzerProcess): Promise<void> {
  showProgress(WHILE_TAKING)
  const { load, pageMs } = await pageWhileTaking(analyzer, {
    warmMs: flags.tiny ? 100 : 1000,
    measureMs: flags.tiny ? 500 : 10_000,
  })
  row(WHILE_TAKING, new Map(timesOf(pageMs)))
  row(
    'ack meanwhile',
    new Map<Column, number>([
      ['p50', load.ackMs.p50],
      ['p99', load.ackMs.p99],
    ]),
    [atMost(25, 'ms', p99)],
  )
}

async function ask(
  analyzer: AnalyzerProcess,
  question: Question,
  plain: PlainQuestions,
): Promise<void> {
  showProgress(question.name)
  const tookMs: number[] = []
  for (let turn = 0; turn < askings; turn += 1) {
    const startedMs = performance.now()
    await askApi(analyzer, question.path(turn))
    tookMs.push(performance.now() - startedMs)
  }
  const values = new Map<Column, number>(timesOf(tookMs))
  const askPlain = question.plain
  if (askPlain !== undefined) {
    const plainMs: number[] = []
    const untilMs = performance.now() + PLAIN_MS_MAX
    for (let turn = 0; turn < askings && performance.now() < untilMs; turn += 1) {
      const startedMs = performance.now()
      askPlain(plain, turn)
      plainMs.push(performance.now() - startedMs)
    }
    values.set('plain', percentile(plainMs, 0.5))
  }
  const goals = question.msMax === undefined ? [] : [atMost<Column>(question.msMax, 'ms', p99)]
  row(question.name, values, goals)
}

function timesOf(tookMs: readonly number[]): readonly (readonly [Column, number])[] {
  return [
    ['p50', percentile(tookMs, 0.5)],
    ['p99', percentile(tookMs, 0.99)],
  ]
}

function row(name: string, values: Values<Column>, goals: readonly Goal<Column>[] = []): void {
  report.row({ name, unit: 'ms', digits: 2, goals }, values)
}

function figure(name: string, { unit, value, goals = [] }: Figure): void {
  report.row({ name, unit, digits: 0, goals }, new Map([['p50', value]]))
}

interface Figure {
  readonly unit: string
  readonly value: number
  readonly goals?: readonly Goal<Column>[]
}

function p50(values: Values<Column>): number | undefined {
  return values.get('p50')
}

function p99(values: Values<Column>): number | undefined {
  return values.get('p99')
}
