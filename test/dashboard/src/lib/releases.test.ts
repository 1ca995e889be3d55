import { expect, test } from 'vitest'
import { describeRange, isWithin } from '../../../../dashboard/src/lib/releases.ts'

test('a range has its first and its last release, and all patches of a last one without patch', () => {
  const range = { from: '1.74.15', to: '1.96' }
  const within = (release: string): boolean => isWithin(release, range)
  expect(['1.74.14', '1.74', '1.9.0', '1.97.0', '2.0.0'].filter(within)).toEqual([])
  const all = ['1.74.15', '1.74.15.dev2', 'v1.80.0', '1.96', '1.96.99', '1.96.0-rc.1']
  expect(all.filter(within)).toEqual(all)
})

test('an open range has no border on that side, and what is no release is in none', () => {
  expect(isWithin('99.0.0', { from: '1.97.0', to: null })).toBe(true)
  expect(isWithin('0.0.1', { from: null, to: '1.97.0' })).toBe(true)
  expect(isWithin('1.2', { from: null, to: null })).toBe(true)
  for (const release of ['', 'latest', 'main-v1.97', '.1', '9'.repeat(400)]) {
    expect(isWithin(release, { from: '1.0', to: '1.97' })).toBe(false)
  }
})

test('a range is told in words', () => {
  expect(describeRange({ from: '1.1', to: '1.2' })).toBe('1.1 to 1.2')
  expect(describeRange({ from: '1.2', to: '1.2' })).toBe('1.2')
  expect(describeRange({ from: '1.1', to: null })).toBe('since 1.1')
  expect(describeRange({ from: null, to: '1.2' })).toBe('up to 1.2')
  expect(describeRange({ from: null, to: null })).toBe('every release')
})
