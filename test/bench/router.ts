import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import type { Contender } from './contender.ts'
import { startContender } from './contender.ts'
import type { Column, ContenderName, Launcher } from './contenders.ts'
import { COLUMNS, headersOf, launcherOf, TITLES } from './contenders.ts'
import { CAN_PIN, OUTSIDE_CORE } from './cores.ts'
import { generateLoad } from './generate-load.ts'
import { measureFootprint } from './footprint.ts'
import { selectRows } from './only.ts'
import { cpuMsOf } from './process-cost.ts'
import { median, Report, showProgress } from './report.ts'
import type { Measured, Scenario } from './scenarios.ts'
import { SCENARIOS } from './scenarios.ts'
import { startUpstream } from './start-upstream.ts'
import { toRequest } from './to-request.ts'
import { compileWireTools } from './wire-tools.ts'

/**
 * What the sidecar costs beside its yardsticks, in one run: absolute figures move with the machine,
 * the ratios are what counts. Contenders take turns on one core, the mock provider and the clients
 * have the other; medians of the rounds are shown.
 */
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
})
const isWanted = selectRows(
  flags.only,
  SCENARIOS.map(({ name }) => name),
)
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 3))
const measureMs = flags.quick ? 600 : 2000
/** Before the first round it is long enough for the compiler to have seen what is measured. */
const firstWarmMs = flags.quick ? 400 : 2500
const warmMs = 200

const report = new Report(COLUMNS, {
  titles: TITLES,
  goalTitle: 'goal of the sidecar',
  out: flags.out,
})

if (CAN_PIN) spawnSync('taskset', ['-a', '-c', '-p', String(OUTSIDE_CORE), String(process.pid)])
const tools = compileWireTools()
const upstream = await startUpstream(tools)
const running = new Map<Column, Contender>()
const launchers = new Map<ContenderName, Launcher>()
if (tools === undefined)
  report.note('no C compiler on Linux: rows that Node is too slow for are left out')
if (!CAN_PIN) report.note('cores are not pinned: there is no taskset, or only one core')

for (const name of COLUMNS) {
  if (name === 'direct') continue
  const launcher = launcherOf(name, upstream.port)
  launchers.set(name, launcher)
  if (launcher.kind === 'absent') report.note(launcher.reason)
}

try {
  if (flags.only === undefined) {
    const footprint = { launchers, upstream, tools, streams: flags.quick ? 500 : 2000 }
    for (const { row, values } of await measureFootprint(footprint)) report.row(row, values)
  }
  for (const scenario of SCENARIOS) {
    if (!isWanted(scenario.name)) continue
    if (scenario.needsTools && tools === undefined) continue
    await runScenario(scenario)
  }
} finally {
  showProgress('')
  for (const contender of running.values()) await contender.stop()
  await upstream.stop()
}
report.note(
  `Medians of ${rounds} rounds of ${measureMs} ms; each contender on one core, provider and clients on another; every request of the sidecar is traced and exported.`,
)
report.close()

async function runScenario(scenario: Scenario): Promise<void> {
  const measured = new Map<Column, Measured[]>()
  for (let round = 0; round < rounds; round += 1) {
    for (const column of scenario.columns) {
      showProgress(`${scenario.name}: ${column}, round ${round + 1} of ${rounds}`)
      const one = await measureOrNote(scenario, column, round === 0 ? firstWarmMs : warmMs)
      if (one !== undefined) measured.set(column, [...(measured.get(column) ?? []), one])
    }
  }
  for (const row of scenario.rows) {
    const values = new Map<Column, number>()
    for (const [column, all] of measured) {
      const value = median(all.map(row.value).filter((found) => found !== undefined))
      if (value !== undefined) values.set(column, value)
    }
    report.row(row, values)
  }
}

/** A yardstick that fails leaves its place in the table empty; where we fail, the run does. */
async function measureOrNote(
  scenario: Scenario,
  column: Column,
  warmUpMs: number,
): Promise<Measured | undefined> {
  try {
    return await measure(scenario, column, warmUpMs)
  } catch (error) {
    if (column !== 'portkey') throw error
    report.note(`Portkey, ${scenario.name}: ${String(error)}`)
    return undefined
  }
}

async function measure(
  scenario: Scenario,
  column: Column,
  warmUpMs: number,
): Promise<Measured | undefined> {
  const contender = await contenderOf(column)
  if (contender === undefined) return undefined
  const { model, stream, connections, mode } = scenario
  const request = toRequest({ model, stream, headers: headersOf(column, upstream.port) })
  const cpuMs: (number | undefined)[] = []
  const { port, pid } = contender
  const onPhase = (): void => {
    cpuMs.push(pid === undefined ? undefined : cpuMsOf(pid))
  }
  await upstream.takeGapUs()
  const load = await generateLoad(tools, {
    port,
    connections,
    mode,
    request,
    measureMs,
    warmMs: warmUpMs,
    onPhase,
  })
  const [before, after] = cpuMs
  return {
    load,
    cpuMs: before === undefined || after === undefined ? undefined : after - before,
    gapUs: await upstream.takeGapUs(),
  }
}

async function contenderOf(column: Column): Promise<Pick<Contender, 'port' | 'pid'> | undefined> {
  if (column === 'direct') return { port: upstream.port, pid: undefined }
  const known = running.get(column)
  if (known !== undefined) return known
  const launcher = launchers.get(column)
  if (launcher?.kind !== 'ready') return undefined
  const started = await startContender(launcher.launch)
  running.set(column, started)
  return started
}
