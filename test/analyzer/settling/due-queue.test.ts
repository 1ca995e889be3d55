import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { DueQueue, type Scheduled } from '../../../analyzer/settling/due-queue.ts'

const item = (): Scheduled => ({ scheduledMs: Infinity })

test('items come in the order of their times, none before its time', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), (times) => {
      const queue = new DueQueue<Scheduled>()
      for (const atMs of times) queue.schedule(item(), atMs)
      const taken: number[] = []
      for (let nowMs = 0; nowMs <= 50; nowMs += 1) {
        expect(queue.nextMs() ?? Infinity).toBeGreaterThanOrEqual(nowMs)
        while (queue.take(nowMs) !== undefined) taken.push(nowMs)
      }
      expect(taken).toEqual(times.toSorted((left, right) => left - right))
      expect(queue.nextMs()).toBeUndefined()
    }),
  )
})

test('what is scheduled again comes once, at its last time', () => {
  const queue = new DueQueue<Scheduled>()
  const [first, second] = [item(), item()]
  queue.schedule(first, 10)
  queue.schedule(second, 20)
  queue.schedule(first, 30)
  expect(queue.take(15)).toBeUndefined()
  expect(queue.take(40)).toBe(second)
  queue.schedule(first, 5)
  expect(queue.take(40)).toBe(first)
  expect(queue.take(40)).toBeUndefined()
})

test('what is cancelled does not come', () => {
  const queue = new DueQueue<Scheduled>()
  const cancelled = item()
  queue.schedule(cancelled, 10)
  queue.cancel(cancelled)
  expect(queue.nextMs()).toBeUndefined()
  expect(queue.take(99)).toBeUndefined()
})
