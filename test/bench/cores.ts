import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

/** Upstream and load share one core, the contender has another. */
export const OUTSIDE_CORE = 0
export const CONTENDER_CORE = 1

/** Without `taskset` or a second core the figures are of what the scheduler made of it. */
export const CAN_PIN = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0

/** A command line that runs on one core, with all its threads. */
export function onCore(core: number, command: readonly string[]): readonly [string, ...string[]] {
  const [program = process.execPath, ...args] = command
  return CAN_PIN ? ['taskset', '-c', String(core), program, ...args] : [program, ...args]
}
