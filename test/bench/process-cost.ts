import { readdirSync, readFileSync } from 'node:fs'

/** What a process costs, by Linux's own books; undefined elsewhere, or where it is gone. */

/** Time on a core of all its threads, in milliseconds. */
export function cpuMsOf(pid: number): number | undefined {
  const threads = threadCpuMsOf(pid)
  return threads && [...threads.values()].reduce((sum, ms) => sum + ms, 0)
}

/** The same by thread, in the order in which they were started; the first is the main thread. */
export function threadCpuMsOf(pid: number): ReadonlyMap<number, number> | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map(Number)
    return new Map(threads.toSorted((a, b) => a - b).map((thread) => [thread, cpuMs(pid, thread)]))
  } catch {
    // No such book is kept here.
    return undefined
  }
}

function cpuMs(pid: number, thread: number): number {
  const book = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')
  return Number(book.split(' ', 1)[0]) / 1e6
}

export function rssKiBOf(pid: number): number | undefined {
  try {
    const kiB = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kiB === undefined ? undefined : Number(kiB)
  } catch {
    // No such book is kept here.
    return undefined
  }
}
