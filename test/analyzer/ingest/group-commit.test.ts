import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { GroupCommit, type CommitReport } from '../../../analyzer/ingest/group-commit.ts'

/** Invariant I7: an ack is a promise. */
class StoreTrouble extends Error {}

interface Body {
  readonly name: string
  readonly isPoisonous?: boolean
}

function commit() {
  const stored: string[][] = []
  const reports: CommitReport[] = []
  const logged: string[] = []
  const state = { inTrouble: false, tidied: 0 }
  const group = new GroupCommit<Body>({
    write: (bodies) => {
      if (state.inTrouble) throw new StoreTrouble('database or disk is full')
      const poisonous = bodies.find((body) => body.isPoisonous)
      if (poisonous !== undefined) throw new TypeError(`${poisonous.name} cannot be bound`)
      stored.push(bodies.map(({ name }) => name))
    },
    tidyUp: () => (state.tidied += 1),
    isStoreTrouble: (error) => error instanceof StoreTrouble,
    onCommit: (report) => reports.push(report),
    log: (line, level = 'info') => logged.push(`${level}: ${line}`),
  })
  return { group, stored, reports, logged, state }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('bodies that come within five milliseconds share a commit, and are answered after it', async () => {
  const { group, stored } = commit()
  const answers = Promise.all([group.add({ name: 'a' }, 1), group.add({ name: 'b' }, 1)])
  vi.advanceTimersByTime(4)
  expect(stored).toEqual([])
  vi.advanceTimersByTime(1)
  expect(stored).toEqual([['a', 'b']])
  expect(await answers).toEqual([true, true])
})

test('tidies up behind a commit once its senders are answered, and nobody waits', async () => {
  const { group, state } = commit()
  const answer = group.add({ name: 'a' }, 1)
  vi.advanceTimersByTime(5)
  expect(await answer).toBe(true)
  expect(state.tidied).toBe(0)
  vi.advanceTimersByTime(1)
  expect(state.tidied).toBe(1)
})

test('nobody waits for tidying up: not who has come meanwhile, nor behind a full commit', async () => {
  const { group, state } = commit()
  const answers = [group.add({ name: 'a' }, 1)]
  vi.advanceTimersToNextTimer()
  answers.push(group.add({ name: 'b' }, 1))
  vi.advanceTimersByTime(1)
  expect(state.tidied).toBe(0)
  answers.push(group.add({ name: 'c' }, 600))
  vi.advanceTimersByTime(1)
  expect(await Promise.all(answers)).toEqual([true, true, true])
  vi.advanceTimersByTime(100)
  expect(state.tidied).toBe(0)
})

test('does not tidy up behind the last flush: the writer may be closed by then', () => {
  const { group, state } = commit()
  void group.add({ name: 'a' }, 1)
  vi.advanceTimersToNextTimer()
  group.flush()
  vi.advanceTimersByTime(100)
  expect(state.tidied).toBe(0)
})

test('512 spans wait for no timer, only for what has already come', async () => {
  const { group, stored } = commit()
  const first = group.add({ name: 'a' }, 511)
  const second = group.add({ name: 'b' }, 1)
  const third = group.add({ name: 'c' }, 1)
  expect(stored).toEqual([])
  vi.advanceTimersByTime(0)
  expect(stored).toEqual([['a', 'b', 'c']])
  expect(await Promise.all([first, second, third])).toEqual([true, true, true])
})

test('no sender waits for more than 4,096 spans', async () => {
  const { group, stored } = commit()
  const first = group.add({ name: 'a' }, 4095)
  const second = group.add({ name: 'b' }, 1)
  expect(stored).toEqual([['a', 'b']])
  const third = group.add({ name: 'c' }, 1)
  vi.advanceTimersByTime(5)
  expect(stored).toEqual([['a', 'b'], ['c']])
  expect(await Promise.all([first, second, third])).toEqual([true, true, true])
})

test('of a group that the disk does not take nothing is stored, and each is told', async () => {
  const { group, stored, state, reports } = commit()
  state.inTrouble = true
  const answers = Promise.all([group.add({ name: 'a' }, 1), group.add({ name: 'b' }, 511)])
  vi.advanceTimersByTime(0)
  expect(await answers).toEqual([false, false])
  expect(stored).toEqual([])
  const failure = { why: 'database or disk is full', isStoreTrouble: true }
  expect(reports.map((report) => report.failure)).toEqual([failure])
  state.inTrouble = false
  const again = Promise.all([group.add({ name: 'a' }, 1), group.add({ name: 'b' }, 511)])
  vi.advanceTimersByTime(0)
  expect(await again).toEqual([true, true])
})

test('a body that cannot be stored does not keep its neighbours from it', async () => {
  const { group, stored } = commit()
  const answers = Promise.all([
    group.add({ name: 'a' }, 1),
    group.add({ name: 'bad', isPoisonous: true }, 1),
    group.add({ name: 'b' }, 510),
  ])
  vi.advanceTimersByTime(0)
  expect(await answers).toEqual([true, false, true])
  expect(stored).toEqual([['a'], ['b']])
})

test('flush commits what waits, and is idle where nothing does', async () => {
  const { group, stored, reports } = commit()
  group.flush()
  expect(reports).toEqual([])
  const answer = group.add({ name: 'a' }, 1)
  group.flush()
  expect(await answer).toBe(true)
  vi.advanceTimersByTime(100)
  expect(stored).toEqual([['a']])
})

test('trouble that lasts is told once, and so is its end', async () => {
  const { group, logged, state } = commit()
  state.inTrouble = true
  for (let round = 0; round < 100; round += 1) {
    const answer = group.add({ name: 'a' }, 512)
    vi.advanceTimersByTime(0)
    // oxlint-disable-next-line no-await-in-loop -- a sender that comes again and again
    expect(await answer).toBe(false)
  }
  const told = 'error: spans were not stored, their senders come again: database or disk is full'
  expect(logged).toEqual([told])
  state.inTrouble = false
  const answers = Promise.all([group.add({ name: 'a' }, 512), group.add({ name: 'b' }, 512)])
  vi.advanceTimersByTime(0)
  expect(await answers).toEqual([true, true])
  expect(logged).toEqual([told, 'info: spans are stored again'])
})
