import { expect, test } from 'vitest'
import { TokenSource } from '../../../collector/upstream/token-source.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const HOUR = 3_600_000

function start(issue: (count: number) => Promise<{ value: string; lifetimeMs: number }>) {
  const clock = createFakeClock()
  let issued = 0
  const source = new TokenSource({
    async issue() {
      issued += 1
      const { value, lifetimeMs } = await issue(issued)
      return { value, expiresAtMs: clock.wallNow() + lifetimeMs }
    },
    describe: (error) => `described: ${error instanceof Error ? error.message : ''}`,
    wallNow: () => clock.wallNow(),
    setTimer: (delayMs, onTime) => clock.setTimer(delayMs, onTime),
  })
  return { clock, source, issued: () => issued }
}

const numbered = async (count: number) => ({ value: `token-${count}`, lifetimeMs: HOUR })

test('gives a token in hand without a promise', async () => {
  const { source } = start(numbered)
  await source.get()
  const again = source.get()
  expect(again).not.toBeInstanceOf(Promise)
  expect(again).toMatchObject({ kind: 'token' })
})

test('gives up an issuer that does not answer, and asks it again later', async () => {
  const answers: (() => void)[] = []
  const { source, clock, issued } = start(
    (count) =>
      new Promise((resolve) =>
        answers.push(() => resolve({ value: `t-${count}`, lifetimeMs: HOUR })),
      ),
  )
  const first = source.get()
  clock.advance(10_000)
  await expect(first).resolves.toEqual({
    kind: 'failed',
    message: 'described: no answer within 10000 ms',
  })
  expect(source.get()).toMatchObject({ kind: 'failed' })
  expect(issued()).toBe(1)
  clock.advance(5_000)
  const second = source.get()
  answers[1]?.()
  await expect(second).resolves.toMatchObject({ kind: 'token' })
  expect(clock.timers()).toBe(0)
})

test('goes on with a token that is good for a while where renewing it fails', async () => {
  const { source, clock, issued } = start((count) =>
    count === 1 ? numbered(count) : Promise.reject(new Error('down')),
  )
  await source.get()
  clock.advance(HOUR - 60_000)
  expect(source.get()).toMatchObject({ kind: 'token' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(source.get()).toMatchObject({ kind: 'token' })
  expect(issued()).toBe(2)
  clock.advance(60_000)
  await expect(source.get()).resolves.toEqual({ kind: 'failed', message: 'described: down' })
})

test('drops a refused token only where it is not new', async () => {
  const { source, clock } = start(numbered)
  expect(source.refuse()).toBe(false)
  await source.get()
  expect(source.refuse()).toBe(false)
  clock.advance(10_000)
  expect(source.refuse()).toBe(true)
  expect(source.refuse()).toBe(false)
  const next = await source.get()
  expect(next.kind === 'token' && next.token.reveal()).toBe('token-2')
})
