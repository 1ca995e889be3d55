import { expect, test } from 'vitest'
import { anchorOf } from '../../../collector/continuation/anchor.ts'

test.each([
  [
    'the last eight words',
    'one two three four five six seven eight nine ten',
    'three four five six seven eight nine ten',
  ],
  ['all of a shorter text', 'one two', 'one two'],
  ['without trailing white space', 'one two \n\n', 'one two'],
  ['white space inside as it was', 'a\n\nb  c', 'a\n\nb  c'],
  ['a word that is cut', 'the hous', 'the hous'],
  ['the last 24 characters where there are no spaces', '一'.repeat(100), '一'.repeat(24)],
  ['no half of a character', '🌍'.repeat(50) + 'x', '🌍'.repeat(11) + 'x'],
  ['the last 24 characters where the words are none', `a b ${'x'.repeat(300)}`, 'x'.repeat(24)],
  ['a single long word', 'y'.repeat(30), 'y'.repeat(24)],
  ['nothing where there is nothing', ' \n ', ''],
])('an anchor is %s', (_, text, anchor) => {
  expect(anchorOf(text)).toBe(anchor)
})
