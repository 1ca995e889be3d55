import { expect, test } from 'vitest'
import { Cancellation, type CancelCause } from '../../../collector/routing/cancellation.ts'

function heardBy(cancellation: Cancellation): readonly CancelCause[] {
  const heard: CancelCause[] = []
  cancellation.listen((cause) => void heard.push(cause))
  return heard
}

test('the first cause stays, and is told once', () => {
  const cancellation = new Cancellation()
  const heard = heardBy(cancellation)
  cancellation.cancel('client-gone')
  cancellation.cancel('shutdown')

  expect(heard).toEqual(['client-gone'])
  expect(cancellation.cause).toBe('client-gone')
})

test('who waits no more hears nothing', () => {
  const cancellation = new Cancellation()
  const heard = heardBy(cancellation)
  cancellation.listen(undefined)
  cancellation.cancel('shutdown')

  expect(heard).toEqual([])
})

test('who comes too late is told at once: what is given up must not begin', () => {
  const cancellation = new Cancellation()
  cancellation.cancel('client-gone')

  expect(heardBy(cancellation)).toEqual(['client-gone'])
})
