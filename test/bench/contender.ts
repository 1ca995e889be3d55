import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { CONTENDER_CORE, onCore } from './cores.ts'

/** One proxy under measurement, in a process of its own. */
export interface Contender {
  readonly port: number
  readonly pid: number | undefined
  /** From the start of its process to its first answer. */
  readonly startMs: number
  stop(): Promise<void>
}

export interface Launch {
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** What a request to it needs beside the body. */
  readonly headers: Readonly<Record<string, string>>
}

const START_MS_MAX = 20_000
const ASK_AGAIN_MS = 2
const PROBE = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: 'ready?' }] })

/** Starts a contender on a port of ours and asks it until it answers. */
export async function startContender(toLaunch: (port: number) => Launch): Promise<Contender> {
  const port = await freePort()
  const { command, environment, headers } = toLaunch(port)
  const [program, ...args] = onCore(CONTENDER_CORE, command)
  const startedMs = performance.now()
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...environment },
  })
  let lastWords = ''
  child.stderr?.on('data', (text: Buffer) => {
    lastWords = (lastWords + text.toString()).slice(-2000)
  })
  while (!(await answers(port, headers))) {
    const waitedMs = performance.now() - startedMs
    if (child.exitCode !== null || waitedMs > START_MS_MAX) {
      child.kill('SIGKILL')
      throw new Error(`\`${command.join(' ')}\` gives no answer: ${lastWords}`)
    }
  }
  const startMs = performance.now() - startedMs
  return { port, pid: child.pid, startMs, stop: () => stop(child) }
}

/** Whether a request is answered; waits a little where it is not. */
function answers(port: number, headers: Readonly<Record<string, string>>): Promise<boolean> {
  return new Promise((resolve) => {
    const later = (): void => {
      setTimeout(() => resolve(false), ASK_AGAIN_MS)
    }
    const call = request(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json', ...headers },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => (answer.statusCode === 200 ? resolve(true) : later()))
        answer.on('error', later)
      },
    )
    call.on('error', later)
    call.end(PROBE)
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port is free')
  return address.port
}
