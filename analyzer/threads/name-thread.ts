import { writeFileSync } from 'node:fs'

/**
 * Names the thread that calls, so that `top -H`, `perf` and the benchmarks tell the threads of this
 * program apart: Node calls them all the same. At most 15 characters; Linux only.
 */
export function nameThread(name: string): void {
  try {
    writeFileSync('/proc/thread-self/comm', name)
  } catch {
    // There is no such book here, or it is read-only; nothing depends on it.
  }
}
