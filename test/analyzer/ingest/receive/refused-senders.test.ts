import { expect, test } from 'vitest'

import { RefusedSenders } from '../../../../analyzer/ingest/receive/refused-senders.ts'

/** A refused sender is never silent, and nothing here is unbounded (invariant I9). */
function refused() {
  const clock = { nowMs: 0 }
  return { clock, list: new RefusedSenders(() => clock.nowMs) }
}

test('a sender is told by reason and address, with how often, since when and when last', () => {
  const { clock, list } = refused()
  list.note({ reason: 'no-token', remoteAddress: '::ffff:10.0.0.7' })
  clock.nowMs = 5000
  list.note({ reason: 'no-token', remoteAddress: '10.0.0.7' })
  list.note({ reason: 'wrong-host', remoteAddress: 'fd00::7' })
  expect(list.senders()).toEqual([
    {
      reason: 'wrong-host',
      remoteAddress: 'fd00::7',
      count: 1,
      firstAtMs: 5000,
      lastAtMs: 5000,
    },
    { reason: 'no-token', remoteAddress: '10.0.0.7', count: 2, firstAtMs: 0, lastAtMs: 5000 },
  ])
})

test('the list holds the fifty that were refused last, the totals hold all', () => {
  const { list } = refused()
  for (let host = 0; host < 300; host += 1) {
    list.note({ reason: 'wrong-token', remoteAddress: `10.0.0.${host}` })
  }
  expect(list.senders()).toHaveLength(50)
  expect(list.senders()[0]?.remoteAddress).toBe('10.0.0.299')
  expect(list.totals().get('wrong-token')).toBe(300)
})

test('who is asked to come again is counted, and is nobody to look after', () => {
  const { list } = refused()
  list.note({ reason: 'busy', remoteAddress: '10.0.0.7' })
  list.note({ reason: 'unavailable', remoteAddress: undefined })
  expect(list.senders()).toEqual([])
  expect([...list.totals()].filter(([, count]) => count > 0)).toEqual([
    ['busy', 1],
    ['unavailable', 1],
  ])
})
