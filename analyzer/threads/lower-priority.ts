import { setPriority } from 'node:os'

/**
 * Lets other threads go before this one. On Linux a nice value is a thread's own; elsewhere it is
 * the whole process's, which would slow down what must go first.
 */
export function lowerPriority(niceness: number): void {
  if (process.platform === 'linux') setPriority(niceness)
}
