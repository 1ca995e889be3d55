import { join } from 'node:path'

import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'

import { openForWriting } from '../../../../../analyzer/store/sqlite/open-database.ts'
import { VERDICTS_MIGRATIONS } from '../../../../../analyzer/store/sqlite/verdicts/verdicts-schema.ts'
import { WireBook } from '../../../../../analyzer/store/sqlite/verdicts/wire-book.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

function open() {
  const file = join(temporaryFolder(), 'verdicts.db')
  const database = openForWriting(file, VERDICTS_MIGRATIONS)
  onTestFinished(() => {
    database.close()
  })
  const forms = (): number =>
    database.prepare<[], number>('SELECT count(*) FROM wire_forms').pluck().get() ?? 0
  return { book: new WireBook(database), reopened: () => new WireBook(database), forms, database }
}

function requestOf(number: number) {
  const traceId = number.toString(16).padStart(32, 'a')
  return JSON.stringify({
    source: 'default',
    traceId,
    traceIds: [traceId],
    requestSpanId: number.toString(16).padStart(16, '0'),
    caller: { team: `t${'äö'.repeat(number % 9)}`, keyAlias: String(number) },
    route: 'chat-primary',
    outcome: 'ok',
    attempts: [{ number: 1, status: 'ok', model: 'gpt-4.1-mini', durationMs: number / 8 }],
    findings: [],
    startTime: new Date(1_760_000_000_000 + number).toISOString(),
    durationMs: number / 4,
  })
}

test('requests that went alike share one form, and are a fraction of their text', () => {
  const { book, reopened, forms } = open()
  const requests = Array.from({ length: 50 }, (_, number) => requestOf(number * 977))
  const packed = requests.map((json) => book.pack(json, true))
  expect(forms()).toBe(1)
  for (const each of packed) expect(each.length).toBeLessThan(160)
  for (const one of [book, reopened()]) {
    expect(packed.map((each) => one.unpack(each))).toEqual(requests)
  }
})

test('whatever it says, it is read as it was written', () => {
  const { book } = open()
  const words = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.stringMatching(/^[0-9a-f]{14,36}$/u),
      fc.stringMatching(/^[0-9.:TZ-]{1,120}$/u),
      fc.constantFrom('\u0001', '7', 'ffffffffffffffff', 'é'.repeat(200)),
      fc.record({ caller: fc.record({ team: fc.string({ unit: 'binary', maxLength: 60 }) }) }),
    ),
    { maxLength: 250 },
  )
  fc.assert(
    fc.property(fc.tuple(words, fc.double()), fc.boolean(), (value, isPlain) => {
      const json = JSON.stringify(value)
      expect(book.unpack(book.pack(json, isPlain))).toBe(json)
    }),
  )
})

test('more forms than are kept are deflated, and those that are known stay', () => {
  const { book, reopened, forms, database } = open()
  const differing = Array.from({ length: 4100 }, (_, number) =>
    JSON.stringify({
      route: String(number).replaceAll(/\d/gu, (digit) => 'ghijklmnop'.charAt(Number(digit))),
    }),
  )
  const packAll = database.transaction(() => differing.map((json) => book.pack(json, true)))
  const packed = packAll()
  expect(forms()).toBe(4000)
  expect(packed.map((each) => book.unpack(each))).toEqual(differing)
  expect(reopened().pack(differing[0] ?? '', true)).toEqual(packed[0])
})

test('a form of a transaction that failed is not remembered', () => {
  const { book, database, forms } = open()
  const fail = database.transaction(() => {
    book.pack(requestOf(1), true)
    throw new Error('no')
  })
  expect(fail).toThrow('no')
  book.reload()
  const packed = book.pack(requestOf(2), true)
  expect(forms()).toBe(1)
  expect(book.unpack(packed)).toBe(requestOf(2))
})

test('what went wrong makes no form', () => {
  const { book, forms } = open()
  expect(book.unpack(book.pack(requestOf(3), false))).toBe(requestOf(3))
  expect(forms()).toBe(0)
})
