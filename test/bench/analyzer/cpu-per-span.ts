import type { threadCpuMsOf } from '../process-cost.ts'

/** `helpers` are V8's, which collect garbage and compile, and the pool of libuv. */
export const THREADS = ['main', 'ingest', 'judge', 'keep', 'helpers'] as const
export const ALL_THREADS = 'all threads'

/** What the threads of a process have used so far; undefined where no such book is kept. */
export type CpuBook = ReturnType<typeof threadCpuMsOf>

/** Microseconds of each thread between two readings, for each span that came in that time. */
export function cpuPerSpan(
  before: CpuBook,
  after: CpuBook,
  spans: number,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  if (before === undefined || after === undefined || spans === 0) return found
  let all = 0
  for (const [thread, ms] of after) {
    const us = ((ms - (before.get(thread) ?? 0)) * 1000) / spans
    found.set(thread, us)
    all += us
  }
  return found.set(ALL_THREADS, all)
}
