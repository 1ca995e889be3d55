import { expect, test } from 'vitest'
import { createRetryBudget } from '../../../collector/routing/retry-budget.ts'

const CONFIG = {
  retriesMax: 2,
  attemptsMax: 5,
  fallbacksMax: 5,
  budgetRatio: 0.2,
  budgetPerSecondMin: 3,
  backoffBaseMs: 200,
  backoffMaxMs: 2000,
  retryAfterMaxMs: 5000,
}

function takeAll(budget: ReturnType<typeof createRetryBudget>, nowMs: number): number {
  let taken = 0
  while (budget.tryTake(nowMs)) taken += 1
  return taken
}

test('allows three retries a second in quiet times, counted over ten seconds', () => {
  const budget = createRetryBudget(CONFIG)
  expect(takeAll(budget, 5000)).toBe(30)
  expect(takeAll(budget, 14_999)).toBe(0)
  expect(takeAll(budget, 15_000)).toBe(30)
})

test('allows a fifth of the requests of the last ten seconds', () => {
  const budget = createRetryBudget(CONFIG)
  for (let count = 0; count < 1000; count += 1) budget.countRequest(1000)
  expect(budget.has(1000)).toBe(true)
  expect(takeAll(budget, 2000)).toBe(200)
  for (let count = 0; count < 500; count += 1) budget.countRequest(11_500)
  expect(takeAll(budget, 11_500)).toBe(0)
  expect(takeAll(budget, 12_500)).toBe(100)
})

test('forgets everything after a long silence', () => {
  const budget = createRetryBudget(CONFIG)
  takeAll(budget, 0)
  expect(takeAll(budget, 3_600_000)).toBe(30)
})
