import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Child, ChildEvents } from './supervisor.ts'

export interface ChildOptions {
  /** `sidecar` or `analyzer`, and its flags. */
  readonly args: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  readonly readyPrefix: string
  readonly stderr: NodeJS.WritableStream
}

/** A line longer than this is no ready line, and is not waited for. */
const LINE_CHARS_MAX = 64 * 1024

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))

/** Starts one of our own commands as a process that ends with us. */
export function startChild(options: ChildOptions, events: ChildEvents): Child {
  const child = spawn(process.execPath, [MAIN, ...options.args], {
    env: options.environment,
    // The channel closes when we die, however we die, and the child stops then.
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    // A process group of its own: Ctrl-C reaches us alone, and we stop the two in their order.
    detached: true,
  })
  let exited = false
  const onExit = (code: number | null, signal: string | null) => {
    if (exited) return
    exited = true
    events.onExit({ code, signal })
  }
  child.once('exit', onExit)
  // Could not be started at all: no exit event follows.
  child.once('error', () => onExit(null, null))
  let line = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    options.stderr.write(text)
    const lines = (line + text).split('\n')
    line = (lines.pop() ?? '').slice(-LINE_CHARS_MAX)
    const ready = lines.find((entry) => entry.startsWith(options.readyPrefix))
    if (ready !== undefined) events.onReady(ready)
  })
  return {
    pid: child.pid,
    kill: (signal) => {
      child.kill(signal)
    },
  }
}
