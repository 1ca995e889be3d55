import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The compiled program, as users run it. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** What it has said so far. */
  readonly stderr: () => string
  /** The first line on stderr that matches; rejects where the process ends without it. */
  line(pattern: RegExp): Promise<RegExpExecArray>
  readonly ended: Promise<Ended>
  stop(): Promise<Ended>
}

export function startSecondwind(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const out = collect(child.stdout)
  const err = collect(child.stderr)
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout: out.text(), stderr: err.text() }))
  })
  return {
    child,
    stderr: err.text,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(err.text())
          if (found) resolve(found)
        }
        err.onText(look)
        void ended.then(({ code, stderr }) =>
          reject(new Error(`ended with ${code} before ${pattern.source}:\n${stderr}`)),
        )
        look()
      }),
    ended,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

export function runSecondwind(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return startSecondwind(args, environment).ended
}

function collect(stream: NodeJS.ReadableStream | null): {
  readonly text: () => string
  readonly onText: (listener: () => void) => void
} {
  let text = ''
  const listeners: (() => void)[] = []
  stream?.on('data', (bytes: Buffer) => {
    text += bytes.toString()
    for (const listener of listeners) listener()
  })
  return { text: () => text, onText: (listener) => void listeners.push(listener) }
}
