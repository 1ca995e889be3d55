import { atLeast, ratio, type Goal, type Values } from '../goal.ts'
import { generateSpans } from '../load/generate-spans.ts'
import type { LoadResult, LoadSpec } from '../load/load-spec.ts'
import type { IsWanted } from '../only.ts'
import { rssKiBOf, threadCpuMsOf } from '../process-cost.ts'
import { median, showProgress, type ReportRow } from '../report.ts'
import { toBatches } from '../spans/batch.ts'
import type { JsonExport } from '../spans/otlp-json.ts'
import { litellmTrace, plainTrace } from '../spans/shapes.ts'
import type { Encoding } from '../spans/template.ts'
import { runYardstick } from '../yardsticks/run-yardstick.ts'
import type { PlainResult, PlainRun } from '../yardsticks/write-plain-table.ts'
import type { BenchContext, Column } from './context.ts'
import { ALL_THREADS, cpuPerSpan, THREADS, type CpuBook } from './cpu-per-span.ts'
import { startAnalyzer, startNaive, type AnalyzerProcess, type Receiver } from './receiver.ts'
import { expectStored } from './stored.ts'

/** As much as a receiver takes: every connection sends again as soon as it has its answer. */
interface Scenario {
  readonly name: string
  readonly draw: () => JsonExport
  readonly encoding: Encoding
  readonly gzip?: boolean
  readonly protocol?: LoadSpec['protocol']
  readonly spans: number
  readonly columns: readonly Column[]
  readonly goals: readonly Goal<Column>[]
}

interface Measured {
  readonly perS: number
  readonly load?: LoadResult
  readonly rssMiB?: number | undefined
  /** Microseconds per span, by the name of the thread. */
  readonly cpuUs?: ReadonlyMap<string, number>
}

const TEMPLATES = 16
/** Spans that are under way at once: several groups of the writer's, as of many exporters. */
const SPANS_UNDER_WAY = 2048

/** The names of its rows. */
export const CLOSED_LOOP: readonly string[] = scenariosOf(new Map()).map(({ name }) => name)

export async function runClosedLoop(context: BenchContext, isWanted: IsWanted): Promise<void> {
  const reached = new Map<string, Values<Column>>()
  for (const scenario of scenariosOf(reached)) {
    if (!isWanted(scenario.name)) continue
    reached.set(scenario.name, await runScenario(context, scenario))
  }
}

/** Of one run: what a later row is measured against. */
function scenariosOf(reached: ReadonlyMap<string, Values<Column>>): readonly Scenario[] {
  const plain = { draw: plainTrace, encoding: 'protobuf', columns: ['ours'], goals: [] } as const
  const protobuf = 'protobuf, 50 spans per request'
  const toProtobuf = (values: Values<Column>): number | undefined => {
    const [ours, before] = [values.get('ours'), reached.get(protobuf)?.get('ours')]
    return ours === undefined || before === undefined ? undefined : ours / before
  }
  return [
    {
      ...plain,
      name: protobuf,
      spans: 50,
      columns: ['plain', 'naive', 'ours'],
      goals: [
        atLeast(0.5, '× plain SQLite', (values) => ratio(values, 'ours', ['plain'])),
        atLeast(60_000, 'spans/s', (values) => values.get('ours')),
      ],
    },
    {
      ...plain,
      name: 'protobuf, 512 spans per request',
      spans: 512,
      columns: ['plain', 'naive', 'ours'],
    },
    { ...plain, name: 'protobuf, gzip, 50 spans per request', spans: 50, gzip: true },
    {
      ...plain,
      name: 'JSON, 50 spans per request',
      spans: 50,
      encoding: 'json',
      goals: [atLeast(0.5, '× protobuf', toProtobuf)],
    },
    { ...plain, name: 'gRPC, 50 spans per request', spans: 50, protocol: 'grpc' },
    {
      ...plain,
      name: "LiteLLM's own spans, prompts included, 50 per request",
      draw: litellmTrace,
      spans: 50,
      columns: ['naive', 'ours'],
    },
  ]
}

async function runScenario(context: BenchContext, scenario: Scenario): Promise<Values<Column>> {
  const measured = new Map<Column, Measured[]>()
  for (let round = 0; round < context.rounds; round += 1) {
    for (const column of scenario.columns) {
      showProgress(`${scenario.name}: ${column}, round ${round + 1} of ${context.rounds}`)
      const all = measured.get(column) ?? []
      all.push(await measure(context, scenario, column))
      measured.set(column, all)
    }
  }
  const values = (of: (one: Measured) => number | undefined): Values<Column> => {
    const found = new Map<Column, number>()
    for (const [column, all] of measured) {
      const value = median(all.map(of).filter((one) => one !== undefined))
      if (value !== undefined) found.set(column, value)
    }
    return found
  }
  const { report } = context
  const perS = values((one) => one.perS)
  report.row({ name: scenario.name, unit: 'spans/s', digits: 0, goals: scenario.goals }, perS)
  report.row(
    same('ack, p99', 'ms', 1),
    values((one) => one.load?.ackMs.p99),
  )
  for (const thread of [ALL_THREADS, ...THREADS]) {
    report.row(
      same(`CPU per span: ${thread}`, 'µs', 1),
      values((one) => one.cpuUs?.get(thread)),
    )
  }
  report.row(
    same('memory', 'MiB', 0),
    values((one) => one.rssMiB),
  )
  report.row(same('CPU of the load generator', 'core', 2), values(generatorCores))
  return perS
}

function same(name: string, unit: string, digits: number): ReportRow<Column> {
  return { name: `  ${name}`, unit, digits, goals: [] }
}

function generatorCores({ load }: Measured): number | undefined {
  return load && load.cpuMs / 1000 / load.seconds
}

async function measure(
  context: BenchContext,
  scenario: Scenario,
  column: Column,
): Promise<Measured> {
  switch (column) {
    case 'plain': {
      const { rows, seconds } = await writePlainTable(context)
      return { perS: rows / seconds }
    }
    case 'naive': {
      const receiver = await startNaive(context)
      return stopAfter(receiver, () => measureReceiver(context, scenario, receiver))
    }
    case 'ours': {
      const analyzer = await startAnalyzer(context)
      return stopAfter(analyzer, () => measureAnalyzer(context, scenario, analyzer))
    }
  }
}

async function stopAfter<T>(receiver: Receiver, measureIt: () => Promise<T>): Promise<T> {
  try {
    return await measureIt()
  } finally {
    await receiver.stop()
  }
}

async function measureAnalyzer(
  context: BenchContext,
  scenario: Scenario,
  analyzer: AnalyzerProcess,
): Promise<Measured> {
  const url = scenario.protocol === 'grpc' ? analyzer.grpcUrl : analyzer.httpUrl
  const measured = await measureReceiver(context, scenario, { ...analyzer, httpUrl: url })
  await expectStored(analyzer, measured.load?.spansInAll ?? 0)
  return measured
}

async function measureReceiver(
  { warmMs, measureMs }: BenchContext,
  scenario: Scenario,
  receiver: Receiver,
): Promise<Measured> {
  const books: CpuBook[] = []
  const { draw, encoding, spans } = scenario
  const load = await generateSpans(
    {
      url: receiver.httpUrl,
      protocol: scenario.protocol ?? 'http',
      gzip: scenario.gzip ?? false,
      templates: toBatches(draw, { spans, encoding, count: TEMPLATES }),
      connections: Math.ceil(SPANS_UNDER_WAY / spans),
      warmMs,
      measureMs,
    },
    () => books.push(threadCpuMsOf(receiver.pid)),
  )
  const rssKiB = rssKiBOf(receiver.pid)
  return {
    perS: load.spans / load.seconds,
    load,
    rssMiB: rssKiB && rssKiB / 1024,
    cpuUs: cpuPerSpan(books[0], books[1], load.spans),
  }
}

function writePlainTable(context: BenchContext): Promise<PlainResult> {
  const { workFolder, warmMs, measureMs } = context
  const run: PlainRun = { workFolder, warmMs, measureMs }
  return runYardstick('write-plain-table', run)
}
