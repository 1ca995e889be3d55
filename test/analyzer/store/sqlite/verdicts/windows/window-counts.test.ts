import { join } from 'node:path'

import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'

import type { RouteMinute } from '../../../../../../analyzer/rules/window/route-minute.ts'
import {
  openForWriting,
  type SqliteDatabase,
} from '../../../../../../analyzer/store/sqlite/open-database.ts'
import { VERDICTS_MIGRATIONS } from '../../../../../../analyzer/store/sqlite/verdicts/verdicts-schema.ts'
import {
  WINDOW_QUERIES,
  WindowCounts,
} from '../../../../../../analyzer/store/sqlite/verdicts/windows/window-counts.ts'
import { temporaryFolder } from '../../../../../support/temporary-folder.ts'

// Invariant I8: what is remembered of a minute is what stands in the file, and it is read once.

const MINUTE = 29_000_000
const nameOf = (number: number): string => `target ${number}`

function open(): SqliteDatabase {
  const database = openForWriting(join(temporaryFolder(), 'verdicts.db'), VERDICTS_MIGRATIONS)
  onTestFinished(() => {
    database.close()
  })
  return database
}

/** As rules look at it: at the moments of the last minute alone. */
function judgedBy(minutes: readonly RouteMinute[]): readonly object[] {
  return minutes.map(({ targets, ...minute }) => ({
    ...minute,
    targets: [...targets]
      .map(([name, { moments, ...counts }]) => ({
        name,
        ...counts,
        ...(minute.minute === minutes.at(-1)?.minute && { moments }),
      }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1)),
  }))
}

/** The same file, with its reads of minutes counted. */
function countingReads(database: SqliteDatabase, reads: { count: number }): SqliteDatabase {
  const counted: ReadonlySet<string> = new Set([WINDOW_QUERIES.get, WINDOW_QUERIES.window])
  return new Proxy(database, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      if (key !== 'prepare') return value.bind(target)
      return (sql: string) => {
        const statement = target.prepare(sql)
        if (!counted.has(sql)) return statement
        return new Proxy(statement, {
          get(one, name) {
            const member: unknown = Reflect.get(one, name)
            if (typeof member !== 'function') return member
            if (name === 'get' || name === 'all') reads.count += 1
            return member.bind(one)
          },
        })
      }
    },
  })
}

const cell = fc.record({
  routeId: fc.integer({ min: 1, max: 2 }),
  minute: fc.integer({ min: MINUTE, max: MINUTE + 40 }),
  key: fc.constantFrom('q', '1f', '1m', '1rconnection', '1b3', '1e299', '2a', '2b3', '12e24'),
})

test('tells at every moment what the file tells, also after moments were forgotten', () => {
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 60 }), (cells) => {
      const database = open()
      const counts = new WindowCounts(database)
      for (const [index, { routeId, minute, key }] of cells.entries()) {
        counts.change({ routeId, minute }, new Map([[key, 1]]))
        // What was added is taken back, now and then.
        if (index % 3 === 0) counts.change({ routeId, minute }, new Map([[key, -1]]))
        const asked = { routeId, minute: minute + (index % 5) }
        expect(judgedBy(counts.windowOf(asked, nameOf))).toEqual(
          judgedBy(new WindowCounts(database).windowOf(asked, nameOf)),
        )
      }
    }),
    { numRuns: 30 },
  )
})

test('reads each minute once, however often it changes and is looked at', () => {
  const reads = { count: 0 }
  const counts = new WindowCounts(countingReads(open(), reads))
  const minutes = 60
  for (let minute = MINUTE; minute < MINUTE + minutes; minute += 1) {
    for (let times = 0; times < 20; times += 1) {
      counts.change(
        { routeId: 1, minute },
        new Map([
          ['1f', 1],
          [`1b${times}`, 1],
        ]),
      )
      expect(counts.windowOf({ routeId: 1, minute }, nameOf).at(-1)?.minute).toBe(minute)
    }
  }
  expect(reads.count).toBeLessThanOrEqual(2 * minutes)
})

test('remembers no more moments than it may, and has them again where they are asked for', () => {
  const database = open()
  const counts = new WindowCounts(database)
  for (let routeId = 1; routeId <= 300; routeId += 1) {
    counts.change(
      { routeId, minute: MINUTE },
      new Map([
        ['1f', 1],
        ['1b7', 2],
      ]),
    )
  }
  const [seen] = counts.windowOf({ routeId: 1, minute: MINUTE }, nameOf)
  expect(seen?.targets.get('target 1')?.moments?.began[7]).toBe(2)
  counts.change({ routeId: 2, minute: MINUTE }, new Map([['1b7', 1]]))
  const [again] = new WindowCounts(database).windowOf({ routeId: 2, minute: MINUTE }, nameOf)
  expect(again?.targets.get('target 1')?.moments?.began[7]).toBe(3)
})
