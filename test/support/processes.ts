import { execFileSync } from 'node:child_process'

/** The process ids of the direct children of `pid`, by the first argument of `secondwind`. */
export function childrenOf(pid: number): ReadonlyMap<string, number> {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const children = new Map<string, number>()
  for (const line of table.split('\n')) {
    const [, child, parent, command] = /^\s*(\d+)\s+(\d+)\s+.*main\.js (\w+)/.exec(line) ?? []
    if (Number(parent) === pid && command !== undefined) children.set(command, Number(child))
  }
  return children
}

/** Whether a process of this id is there: signal 0 asks without disturbing it. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
