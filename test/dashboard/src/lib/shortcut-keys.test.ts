import { expect, test } from 'vitest'
import { pressKey, SHORTCUTS, type KeyPress } from '../../../../dashboard/src/lib/shortcut-keys.ts'

function press(key: string, change: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, altKey: false, inField: false, ...change }
}

test('every shortcut of the help does what it says', () => {
  for (const { keys, action } of SHORTCUTS) {
    let result: ReturnType<typeof pressKey> = { pending: [] }
    for (const key of keys) result = pressKey(result.pending, press(key))
    expect(result).toEqual({ pending: [], action })
  }
})

test('nothing fires while typing in a field, but Esc leaves it', () => {
  for (const key of ['j', 'g', '?', 'd', '/']) {
    expect(pressKey([], press(key, { inField: true }))).toEqual({ pending: [] })
  }
  expect(pressKey([], press('Escape', { inField: true })).action).toBe('back')
})

test('a key with a modifier belongs to the browser', () => {
  for (const modifier of ['ctrlKey', 'metaKey', 'altKey']) {
    expect(pressKey(['g'], press('r', { [modifier]: true }))).toEqual({ pending: [] })
  }
})

test('Shift on its way to a capital does not break a sequence', () => {
  expect(pressKey(['g'], press('Shift'))).toEqual({ pending: ['g'] })
})

test('a sequence that leads nowhere starts again with its last key', () => {
  expect(pressKey(['g'], press('j'))).toEqual({ pending: [], action: 'next' })
  expect(pressKey(['g'], press('g'))).toEqual({ pending: ['g'] })
  expect(pressKey(['g'], press('x'))).toEqual({ pending: [] })
})
