import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** All that is to be read from stdin; nothing is there without it. */
  readonly stdin?: Uint8Array
}

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly pid: number
  /** What it has said so far. */
  readonly stderr: () => string
  /** Resolves to the first stderr line that matches, past or to come; `skip` matches before it. */
  waitForLine(pattern: RegExp, skip?: number): Promise<string>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/** Runs the compiled `secondwind`, as users do, with an environment of the test's own. */
export function startCommand(
  args: readonly string[],
  options: CommandOptions = {},
): RunningCommand {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...options.environment },
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.on('error', () => undefined).end(options.stdin)
  if (child.pid === undefined) throw new Error('secondwind was not started')
  const output = collect(child)
  return {
    pid: child.pid,
    stderr: output.stderr,
    kill: (signal) => void child.kill(signal),
    waitForLine: output.waitForLine,
    ended: new Promise((resolve) => {
      child.once('close', (exitCode) => {
        resolve({ exitCode, stdout: output.stdout(), stderr: output.stderr() })
      })
    }),
  }
}

export function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  return startCommand(args, options).ended
}

function collect(child: ChildProcess) {
  let stdout = ''
  let stderr = ''
  const waiters = new Set<() => void>()
  const notify = () => {
    for (const waiter of waiters) waiter()
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    notify()
  })
  child.once('close', notify)
  const waitForLine = (pattern: RegExp, skip = 0) =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        const line = stderr.split('\n').filter((entry) => pattern.test(entry))[skip]
        if (line !== undefined) resolve(line)
        else if (child.exitCode !== null || child.signalCode !== null) {
          reject(new Error(`it ended before a line matched ${pattern.source}:\n${stderr}`))
        } else return
        waiters.delete(check)
      }
      waiters.add(check)
      check()
    })
  return { waitForLine, stdout: () => stdout, stderr: () => stderr }
}
