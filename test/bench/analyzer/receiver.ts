import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { benchProgram, COMMAND } from '../places.ts'

/** Something that takes spans, in a process of its own and with an empty data folder. */
export interface Receiver {
  readonly pid: number
  readonly dataDir: string
  readonly httpUrl: string
  stop(): Promise<void>
}

export interface AnalyzerProcess extends Receiver {
  readonly grpcUrl: string
  readonly pageUrl: string
}

export interface StartOptions {
  /** Data folders are made, and removed, in here. */
  readonly workFolder: string
  /** Where V8 writes what its threads did. */
  readonly profileTo?: string | undefined
  /** One that is there already, and is left there. */
  readonly dataDir?: string
  readonly settleMs?: number
}

/** The analyzer as it ships, on free ports. */
export async function startAnalyzer(options: StartOptions): Promise<AnalyzerProcess> {
  const { workFolder, profileTo } = options
  const dataDir = options.dataDir ?? mkdtempSync(join(workFolder, 'analyzer-'))
  const config = ['--config', writeConfig(options)]
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0']
  const profile = profileTo === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileTo]
  const args = [...profile, COMMAND, 'analyzer', ...config, '--data-dir', dataDir, ...ports]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const line = await firstLine(child, /ready: page/)
  const [pageUrl = '', httpUrl = '', grpcUrl = ''] = line.match(/http:\/\/[^\s,]+/g) ?? []
  const stop = async (): Promise<void> => {
    await end(child, profileTo === undefined ? 'SIGKILL' : 'SIGTERM')
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true })
  }
  return { pid: child.pid ?? 0, dataDir, pageUrl, httpUrl, grpcUrl, stop }
}

/** Nothing may be dropped for its size while it is measured. */
const SPAN_MIB = 200_000

function writeConfig({ workFolder, settleMs }: StartOptions): string {
  const file = join(workFolder, 'config.yaml')
  const retention = { span_mib: SPAN_MIB }
  const settle = settleMs === undefined ? {} : { settle_ms: settleMs }
  writeFileSync(file, JSON.stringify({ analyzer: { ...settle, retention } }))
  return file
}

export async function startNaive({ workFolder }: StartOptions): Promise<Receiver> {
  const dataDir = mkdtempSync(join(workFolder, 'naive-'))
  const program = benchProgram('yardsticks/naive-receiver.js')
  const child = spawn(process.execPath, [program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port]: unknown[] = await once(createInterface(child.stdout), 'line')
  const stop = async (): Promise<void> => {
    await end(child, 'SIGKILL')
    rmSync(dataDir, { recursive: true })
  }
  return { pid: child.pid ?? 0, dataDir, httpUrl: `http://127.0.0.1:${String(port)}`, stop }
}

async function firstLine(child: ChildProcess, wanted: RegExp): Promise<string> {
  let said = ''
  if (child.stderr === null) throw new Error('its stderr is not read')
  for await (const line of createInterface(child.stderr)) {
    if (wanted.test(line)) {
      // What it logs later is read and dropped: a full pipe would hold it.
      child.stderr.resume()
      return line
    }
    said += `${line}\n`
  }
  throw new Error(`the analyzer did not start: ${said}`)
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
