import { getPriority, setPriority } from 'node:os'

/**
 * Lets other threads go before this one. On Linux a nice value is a thread's own; elsewhere it is
 * the whole process's, which would slow down what must go first. Where the whole process was
 * started with a higher one (`nice -n 15`), that stays: to lower it takes a privilege.
 */
export function lowerPriority(niceness: number): void {
  if (process.platform === 'linux' && getPriority() < niceness) setPriority(niceness)
}
