import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { RestartedThread } from '../../../analyzer/threads/restarted-thread.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Threads that live until they are told to die. */
function threads(ready: () => Promise<void> = () => Promise.resolve()) {
  const deaths: string[] = []
  const kills: ((reason: string) => void)[] = []
  let stopped = 0
  const thread = new RestartedThread({
    start: (onDeath) => {
      kills.push(onDeath)
      return {
        ready,
        stop: () => {
          stopped += 1
          return Promise.resolve()
        },
      }
    },
    onDeath: (reason) => deaths.push(reason),
  })
  const kill = (): void => kills.at(-1)?.('out of memory')
  return { thread, deaths, kill, started: () => kills.length, stopped: () => stopped }
}

test('starts a thread again that died, ever more slowly, and says so each time', () => {
  const { deaths, kill, started } = threads()
  for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    const before = started()
    kill()
    vi.advanceTimersByTime(waitMs - 1)
    expect(started()).toBe(before)
    vi.advanceTimersByTime(1)
    expect(started()).toBe(before + 1)
  }
  expect(deaths).toEqual(Array.from({ length: 8 }, () => 'out of memory'))
})

test('begins with a short wait again for a thread that lived for long', () => {
  const { kill, started } = threads()
  for (let death = 0; death < 5; death += 1) {
    kill()
    vi.advanceTimersByTime(60_000)
  }
  vi.advanceTimersByTime(61_000)
  kill()
  vi.advanceTimersByTime(1000)
  expect(started()).toBe(7)
})

test('takes a thread that cannot start for one that died, once', async () => {
  const { deaths, kill, started } = threads(() => Promise.reject(new Error('no such file')))
  await vi.advanceTimersByTimeAsync(0)
  kill()
  expect(deaths).toEqual(['no such file'])
  await vi.advanceTimersByTimeAsync(1000)
  expect(started()).toBe(2)
})

test('starts nothing any more once it is stopped', async () => {
  const alive = threads()
  await alive.thread.stop()
  expect(alive.stopped()).toBe(1)
  alive.kill()
  const dead = threads()
  dead.kill()
  await dead.thread.stop()
  vi.advanceTimersByTime(100_000)
  expect([alive.started(), dead.started(), alive.deaths]).toEqual([1, 1, []])
})
