import { expect, test } from 'vitest'
import { keepOrder } from '../../../../dashboard/src/lib/steady-order.ts'

interface Item {
  readonly id: string
  readonly count: number
}

const idOf = (item: Item): string => item.id

test('rows keep their places, get their new contents, and new ones wait', () => {
  const fresh = [
    { id: 'new', count: 1 },
    { id: 'b', count: 9 },
    { id: 'a', count: 8 },
  ]
  expect(keepOrder(fresh, ['a', 'b'], idOf)).toEqual({
    items: [
      { id: 'a', count: 8 },
      { id: 'b', count: 9 },
    ],
    waiting: 1,
  })
})

test('rows that are gone leave', () => {
  expect(keepOrder([{ id: 'a', count: 1 }], ['gone', 'a'], idOf)).toEqual({
    items: [{ id: 'a', count: 1 }],
    waiting: 0,
  })
})
