import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const STRACE = 'strace'

/** Whether this machine has it, and lets one process look at another. */
export const canTrace: boolean =
  spawnSync(STRACE, ['-o', '/dev/null', process.execPath, '-e', '0']).status === 0

export interface Trace {
  /** Lets go of the process; what was injected ends. Resolves to what was seen. */
  readonly end: () => Promise<readonly SystemCall[]>
}

/** In the order in which they began. */
export interface SystemCall {
  readonly name: string
  readonly text: string
  /** Where the call returned, in the order of all lines. */
  readonly beganAt: number
  readonly returnedAt: number
}

/** Holds on to a running process with all its threads. */
export async function attach(pid: number, args: readonly string[]): Promise<Trace> {
  const file = join(temporaryFolder(), 'strace.log')
  const tracer = spawn(STRACE, ['-f', '-o', file, '-p', String(pid), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void tracer.kill('SIGKILL'))
  await attached(tracer, pid)
  return {
    end: async () => {
      tracer.kill('SIGINT')
      await once(tracer, 'close')
      return parseTrace(readFileSync(file, 'latin1'))
    },
  }
}

/** It says so; threads that begin later are followed by themselves. */
function attached(tracer: ChildProcess, pid: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    tracer.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes(`Process ${pid} attached`)) resolve()
    })
    tracer.once('close', () => reject(new Error(`strace ended: ${said}`)))
  })
}

/** Lines of several threads: a call that another one interrupts is told in two halves. */
export function parseTrace(log: string): readonly SystemCall[] {
  const calls: SystemCall[] = []
  const open = new Map<string, number>()
  for (const [index, line] of log.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/u.exec(line) ?? []
    const resumed = /^<\.\.\. \w+ resumed>/u.test(rest)
    if (resumed) {
      const at = open.get(thread)
      const call = at === undefined ? undefined : calls[at]
      if (call !== undefined && at !== undefined) {
        calls[at] = { ...call, text: call.text + rest, returnedAt: index }
      }
      open.delete(thread)
      continue
    }
    const name = /^(\w+)\(/u.exec(rest)?.[1]
    if (name === undefined) continue
    if (rest.includes('<unfinished ...>')) open.set(thread, calls.length)
    calls.push({
      name,
      text: rest,
      beganAt: index,
      returnedAt: rest.includes('<unfinished ...>') ? Infinity : index,
    })
  }
  return calls
}
