import { readdirSync, readFileSync } from 'node:fs'

/** What a process costs, by Linux's own books; undefined elsewhere, or where it is gone. */

/** Time on a core of all its threads, in milliseconds. */
export function cpuMsOf(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanoseconds = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
    )
    return nanoseconds.reduce((sum, ns) => sum + ns, 0) / 1e6
  } catch {
    // No such book is kept here.
    return undefined
  }
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
