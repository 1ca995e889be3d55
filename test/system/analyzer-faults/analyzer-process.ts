import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { onTestFinished } from 'vitest'
import type { Batch } from './traffic.ts'

const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url))

export interface ProcessOptions {
  readonly dataDir: string
  /** Another build than ours: one with a bug in it. */
  readonly dist?: string
  readonly nodeArgs?: readonly string[]
  /** A command that becomes the rest of its line: `setpriv …`, `unshare …`. */
  readonly under?: readonly string[]
  /** Lines of the `analyzer:` section. */
  readonly section?: readonly string[]
}

export interface Sent {
  readonly status: number
  readonly retryAfter: string | null
}

export interface AnalyzerProcess {
  readonly pid: number
  /** From its start until it said that it is ready. */
  readonly readyMs: number
  readonly pageUrl: string
  readonly otlpHttpUrl: string
  readonly log: () => string
  /** `path` is below `/api/v1/`; throws for all but 200. */
  readonly api: <T>(path: string) => Promise<T>
  /** The same, but undefined for 404. */
  readonly find: <T>(path: string) => Promise<T | undefined>
  readonly status: (path: string) => Promise<number>
  /** Rejects where no answer came. */
  readonly send: (batch: Batch) => Promise<Sent>
  readonly isRunning: () => boolean
  /** `kill -9`; resolves when it is gone. */
  readonly kill: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface Ended {
  readonly exitCode: number | null
  readonly log: string
}

/** An answer that does not come in this time is no answer. */
const ANSWER_MS = 20_000

/** The compiled analyzer as a process of its own; rejects with its last words where it ends. */
export async function startAnalyzerProcess(options: ProcessOptions): Promise<AnalyzerProcess> {
  const started = await tryAnalyzerProcess(options)
  if (started.kind === 'ended') throw new Error(`the analyzer did not start:\n${started.log}`)
  return started.process
}

/** The same for where both are right: it starts, or it refuses to. */
export async function tryAnalyzerProcess(
  options: ProcessOptions,
): Promise<
  | { readonly kind: 'ready'; readonly process: AnalyzerProcess }
  | ({ readonly kind: 'ended' } & Ended)
> {
  const begunAt = performance.now()
  const { child, ready, ended, log } = spawnAnalyzer(options)
  const first = await Promise.race([ready, ended])
  if (typeof first !== 'string') return { kind: 'ended', ...first }
  const readyMs = performance.now() - begunAt
  const [, pageUrl = '', otlpUrl = ''] = /page (\S+), OTLP\/HTTP (\S+),/.exec(first) ?? []
  // What it runs under replaces itself by it.
  const pid = child.pid ?? 0
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(pid, signal)
    await ended
  }
  onTestFinished(() => end('SIGKILL'))
  return {
    kind: 'ready',
    process: {
      pid,
      readyMs,
      pageUrl,
      otlpHttpUrl: otlpUrl,
      log,
      api: (path) => getJson(`${pageUrl}/api/v1/${path}`),
      find: (path) => findJson(`${pageUrl}/api/v1/${path}`),
      status: async (path) => (await get(`${pageUrl}${path}`)).status,
      send: (batch) => post(`${otlpUrl}/v1/traces`, batch),
      isRunning: () => child.exitCode === null && child.signalCode === null,
      kill: () => end('SIGKILL'),
      stop: () => end('SIGTERM'),
    },
  }
}

export interface SpawnedAnalyzer {
  readonly child: ChildProcess
  readonly log: () => string
  /** What it has said once it is ready; never where it ends before. */
  readonly ready: Promise<string>
  readonly ended: Promise<Ended>
}

/** Not waited for: for those who come in between. */
export function spawnAnalyzer(options: ProcessOptions): SpawnedAnalyzer {
  const { under = [], nodeArgs = [], dist = DIST, dataDir } = options
  const [command, ...args] = [
    ...under,
    process.execPath,
    ...nodeArgs,
    join(dist, 'cli/main.js'),
    'analyzer',
    '--port=0',
    '--otlp-http-port=0',
    '--otlp-grpc-port=0',
    '--data-dir',
    dataDir,
    '--config',
    writeSection(options),
  ]
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, log }))
  })
  const ready = new Promise<string>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
      if (/analyzer ready.*\n/.test(log)) resolve(log)
    })
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, log: () => log, ready, ended }
}

/** Beside the data folder, in which only the analyzer writes. */
function writeSection({ dataDir, section = [] }: ProcessOptions): string {
  const file = join(dirname(dataDir), 'analyzer.yaml')
  const lines = ['analyzer:', '  settle_ms: 50', ...section.map((line) => `  ${line}`)]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

async function get(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
}

async function getJson<T>(url: string): Promise<T> {
  const found = await findJson<T>(url)
  if (found === undefined) throw new Error(`${url}: 404`)
  return found
}

async function findJson<T>(url: string): Promise<T | undefined> {
  const response = await get(url)
  const text = await response.text()
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`)
  return JSON.parse(text) as T
}

async function post(url: string, { body, headers }: Batch): Promise<Sent> {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: Uint8Array.from(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  await response.arrayBuffer()
  return { status: response.status, retryAfter: response.headers.get('retry-after') }
}
