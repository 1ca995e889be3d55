import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { HostGate, isLoopback, TokenFile } from '../../../analyzer/api/access.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test.each([
  ['localhost:4318', true],
  ['127.0.0.1:4318', true],
  ['[::1]:4318', true],
  ['LOCALHOST', true],
  ['mine.example:80', true],
  ['evil.example', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example:4318', false],
  ['', false],
  [undefined, false],
])('on loopback the Host %s is admitted: %s', (host, admitted) => {
  expect(new HostGate('127.0.0.1', ['mine.example']).admits(host)).toBe(admitted)
})

test('beyond loopback the token guards, unless hosts are named', () => {
  expect(new HostGate('0.0.0.0', []).admits('analyzer:4318')).toBe(true)
  expect(new HostGate('0.0.0.0', ['analyzer']).admits('other:4318')).toBe(false)
  expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].every(isLoopback)).toBe(true)
  expect(['0.0.0.0', '10.0.0.1', '::', '127.evil.example'].some(isLoopback)).toBe(false)
})

test('a token is replaced without a restart, and both are good for a minute', () => {
  const file = join(temporaryFolder(), 'token')
  const clock = { nowMs: 0 }
  writeFileSync(file, 'old-token\n')
  const token = new TokenFile(file, () => clock.nowMs)
  expect(token.judge('Bearer old-token')).toBe('ok')
  expect(token.judge('Bearer new-token')).toBe('wrong')
  writeFileSync(file, 'new-token\n')
  clock.nowMs = 2000
  expect(token.judge('bearer new-token')).toBe('ok')
  expect(token.judge('Bearer old-token')).toBe('ok')
  // What is unknown while tokens change may be the next one: come again.
  expect(token.judge('Bearer third')).toBe('rotating')
  clock.nowMs = 70_000
  expect(token.judge('Bearer old-token')).toBe('wrong')
  rmSync(file)
  clock.nowMs = 80_000
  expect(token.judge('Bearer old-token')).toBe('wrong')
  expect(token.judge('Bearer new-token')).toBe('ok')
})

test('nothing and nonsense are a missing token', () => {
  const file = join(temporaryFolder(), 'token')
  writeFileSync(file, 'the-token')
  const token = new TokenFile(file, () => 0)
  for (const header of [undefined, '', 'Bearer', 'the-token', 'Digest the-token', 'Basic !']) {
    expect(token.judge(header)).toBe('missing')
  }
})

test.each([
  ['nothing', ''],
  ['two words', 'two words'],
  ['too much', 'x'.repeat(5000)],
])('a token file with %s in it is refused with a hint', (_, content) => {
  const file = join(temporaryFolder(), 'token')
  writeFileSync(file, content)
  expect(() => new TokenFile(file, () => 0)).toThrow(file)
})
