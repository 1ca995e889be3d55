import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { shownToken, TokenFile } from '../../../analyzer/api/token-file.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

function tokenFile(content: string) {
  const path = join(temporaryFolder(), 'token')
  const clock = { nowMs: 0 }
  writeFileSync(path, content)
  const file = new TokenFile(path, () => clock.nowMs)
  return {
    path,
    judge: (authorization: string | undefined) => file.judge(shownToken(authorization)),
    rewrite: (next: string, atMs: number) => {
      writeFileSync(path, next)
      clock.nowMs = atMs
    },
    at: (nowMs: number) => {
      clock.nowMs = nowMs
    },
  }
}

test('a token is replaced without a restart, and both are good for a minute', () => {
  const { path, judge, rewrite, at } = tokenFile('old-token\n')
  expect(judge('Bearer old-token')).toBe('ok')
  expect(judge('Bearer new-token')).toBe('wrong')
  rewrite('new-token\n', 2000)
  expect(judge('bearer new-token')).toBe('ok')
  expect(judge('Bearer old-token')).toBe('ok')
  // What is unknown while tokens change may be the next one: come again.
  expect(judge('Bearer third')).toBe('rotating')
  at(70_000)
  expect(judge('Bearer old-token')).toBe('wrong')
  expect(judge('Bearer third')).toBe('wrong')
  rmSync(path)
  at(80_000)
  expect(judge('Bearer old-token')).toBe('wrong')
  expect(judge('Bearer new-token')).toBe('ok')
})

test('two lines are two valid tokens, for as long as both stand there', () => {
  const { judge, rewrite, at } = tokenFile('first\nsecond\n')
  for (const nowMs of [0, 1000, 10_000_000]) {
    at(nowMs)
    expect(judge('Bearer first')).toBe('ok')
    expect(judge('Bearer second')).toBe('ok')
  }
  rewrite('\n  second\r\n\n', 10_002_000)
  expect(judge('Bearer second')).toBe('ok')
  at(10_063_000)
  expect(judge('Bearer first')).toBe('wrong')
})

test('a token that was taken out is refused though nobody shows another', () => {
  const { judge, rewrite, at } = tokenFile('leaked')
  rewrite('fresh', 2000)
  expect(judge('Bearer leaked')).toBe('ok')
  at(62_001)
  expect(judge('Bearer leaked')).toBe('wrong')
})

test('nothing and nonsense are a missing token, a password is one', () => {
  const { judge } = tokenFile('the-token')
  for (const header of [undefined, '', 'Bearer', 'the-token', 'Digest the-token', 'Basic !']) {
    expect(judge(header)).toBe('missing')
  }
  expect(judge(`Basic ${Buffer.from('anyone:the-token').toString('base64')}`)).toBe('ok')
  expect(judge(`Basic ${Buffer.from('the-token:').toString('base64')}`)).toBe('missing')
})

test.each([
  ['nothing', ''],
  ['blank lines', '\n \n'],
  ['two words', 'two words'],
  ['three lines', 'a\nb\nc'],
  ['too much', 'x'.repeat(10_000)],
])('a token file with %s in it is refused with a hint', (_, content) => {
  const file = join(temporaryFolder(), 'token')
  writeFileSync(file, content)
  expect(() => new TokenFile(file, () => 0)).toThrow(file)
})

test('what a file says of a token is never in the error', () => {
  const file = join(temporaryFolder(), 'token')
  writeFileSync(file, 'secret one two')
  expect(() => new TokenFile(file, () => 0)).not.toThrow(/secret/u)
})

test('the blank may be percent-encoded, as a variable of OpenTelemetry has it', () => {
  const { judge } = tokenFile('right%20token')
  expect(judge('Bearer%20right%20token')).toBe('ok')
  expect(judge('Bearer right%20token')).toBe('ok')
  expect(judge('Bearer%20wrong')).toBe('wrong')
  expect(judge('Bearer%21right%20token')).toBe('missing')
})
