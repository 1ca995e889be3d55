import type { ChildProcess } from 'node:child_process'
import { fork, spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { generateLoad } from './load.ts'

/**
 * What the sidecar costs, beside a bare pipe in the same run: absolute figures move with the
 * machine, the ratio is what counts. Upstream, load and each contender have a process of their own;
 * contenders take turns on one core, upstream and load have another; medians of the rounds are
 * shown.
 */

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5)
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 3000)
/** Long enough for the compiler to have seen what is measured. */
const WARM_UP_MS = 3000
const CONTENDERS = ['pipe', 'sidecar'] as const

interface Scenario {
  readonly name: string
  readonly unit: string
  readonly connections: number
  readonly stream: boolean
  readonly goal: number
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: '16 streams at full speed',
    unit: 'chunks/s',
    connections: 16,
    stream: true,
    goal: 1,
  },
  { name: 'JSON, 32 connections', unit: 'requests/s', connections: 32, stream: false, goal: 0.7 },
]

const OUTSIDE_CORE = 0
const CONTENDER_CORE = 1

const upstream = await start('bench-upstream', [])
const pinned = [pin(process.pid, OUTSIDE_CORE), pin(upstream.child.pid, OUTSIDE_CORE)]
const ports = new Map<string, number>()
const children: ChildProcess[] = [upstream.child]
for (const name of CONTENDERS) {
  const { child, port } = await start(`bench-${name}`, [String(upstream.port)])
  children.push(child)
  pinned.push(pin(child.pid, CONTENDER_CORE))
  ports.set(name, port)
}

print(['scenario', 'unit', 'pipe', 'sidecar', 'ratio', 'goal'])
for (const scenario of SCENARIOS) {
  const rates = await measure(scenario)
  const [pipe, sidecar] = CONTENDERS.map((name) => median(rates.get(name) ?? []))
  if (pipe === undefined || sidecar === undefined) throw new Error('a contender is missing')
  const ratio = sidecar / pipe
  const goal = `≥ ${scenario.goal}${ratio >= scenario.goal ? '' : ' MISSED'}`
  print([scenario.name, scenario.unit, whole(pipe), whole(sidecar), ratio.toFixed(2), goal])
}
const report = await ask(children.at(-1))
process.stdout.write(`\nsidecar: ${JSON.stringify(report)} (every request traced and exported)\n`)
const cores = pinned.every(Boolean) ? 'one core for each contender' : 'cores are not pinned'
process.stdout.write(`${cores}; medians of ${ROUNDS} rounds of ${ROUND_MS} ms\n`)
for (const child of children) child.disconnect()

async function measure(scenario: Scenario): Promise<ReadonlyMap<string, readonly number[]>> {
  const rates = new Map<string, number[]>(CONTENDERS.map((name) => [name, []]))
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const name of CONTENDERS) {
      const result = await generateLoad({
        port: ports.get(name) ?? 0,
        connections: scenario.connections,
        stream: scenario.stream,
        durationMs: round < 0 ? WARM_UP_MS : ROUND_MS,
      })
      const count = scenario.stream ? result.frames : result.responses
      if (round >= 0) rates.get(name)?.push(count / result.seconds)
    }
  }
  return rates
}

function start(
  name: string,
  args: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const script = fileURLToPath(new URL(`${name}.js`, import.meta.url))
  const child = fork(script, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.once('message', (message: { readonly port: number }) => {
      resolve({ child, port: message.port })
    })
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
  })
}

/** Keeps a process with all its threads on one core, where there is `taskset` and a second core. */
function pin(pid: number | undefined, core: number): boolean {
  if (pid === undefined || cpus().length < 2) return false
  const { status } = spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)])
  return status === 0
}

function ask(child: ChildProcess | undefined): Promise<unknown> {
  return new Promise((resolve) => {
    child?.once('message', resolve)
    child?.send('report')
  })
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function print(cells: readonly string[]): void {
  const widths = [26, 12, 12, 12, 8, 12]
  process.stdout.write(`${cells.map((cell, index) => cell.padEnd(widths[index] ?? 12)).join('')}\n`)
}
