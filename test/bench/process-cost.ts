import { readdirSync, readFileSync } from 'node:fs'

/** What a process costs, by Linux's own books; undefined elsewhere, or where it is gone. */

/** Time on a core of all its threads, in milliseconds. */
export function cpuMsOf(pid: number): number | undefined {
  const threads = threadCpuMsOf(pid)
  return threads && [...threads.values()].reduce((sum, ms) => sum + ms, 0)
}

/** The same by the name of the thread; Node's own helpers are one, and so is each `main`. */
export function threadCpuMsOf(pid: number): ReadonlyMap<string, number> | undefined {
  const found = new Map<string, number>()
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const folder = `/proc/${pid}/task/${thread}`
      const name = readFileSync(`${folder}/comm`, 'utf8').trim()
      const book = readFileSync(`${folder}/schedstat`, 'utf8')
      const key = thread === String(pid) ? 'main' : name === 'node' ? 'helpers' : name
      found.set(key, (found.get(key) ?? 0) + Number(book.split(' ', 1)[0]) / 1e6)
    }
    return found
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
