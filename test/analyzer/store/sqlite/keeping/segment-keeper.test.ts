import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { openStore } from '../../../../../analyzer/store/open-store.ts'
import {
  SegmentKeeper,
  type SegmentKeeperOptions,
} from '../../../../../analyzer/store/sqlite/keeping/segment-keeper.ts'
import { toPosition } from '../../../../../analyzer/store/sqlite/segments/position.ts'
import { SegmentCatalogue } from '../../../../../analyzer/store/sqlite/segments/segment-catalogue.ts'
import type { SpanLimits } from '../../../../../analyzer/store/store.ts'
import { arrivalOf } from '../../../../support/arrivals.ts'
import { WIDE_LIMITS } from '../../../../support/open-test-store.ts'
import { buildSpan } from '../../../../support/otlp.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'
import { writeHotSegment } from '../../../../support/write-hot-segment.ts'

const MS = 1_760_000_000_000
const DAY_MS = 24 * 3_600_000
const ALL_JUDGED = Infinity

function spanOf(trace: number) {
  return buildSpan({
    traceId: trace.toString(16).padStart(32, '0'),
    spanId: trace.toString(16).padStart(16, '0'),
  })
}

/** Sealed segments of one day each, and an open one. */
function segments(count: number, tracesEach = 3) {
  const dataDir = temporaryFolder()
  const catalogue = new SegmentCatalogue(dataDir)
  catalogue.prepare()
  for (let number = 1; number <= count + 1; number += 1) {
    const chunks = Array.from({ length: tracesEach }, (_, index) => ({
      source: 'a',
      receivedMs: MS + number * DAY_MS + index,
      spans: [spanOf(number * 10_000 + index)],
    }))
    writeHotSegment(catalogue.hotPath(number), { chunks, sealed: number <= count })
  }
  return { dataDir, catalogue, names: () => databasesIn(catalogue.folder) }
}

function databasesIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.db'))
}

function keeperOf(catalogue: SegmentCatalogue, options: Partial<SegmentKeeperOptions> = {}) {
  const keeper = new SegmentKeeper({ catalogue, freeBytes: () => 1e12, ...options })
  onTestFinished(() => keeper.close())
  const tidyAll = (
    limits: SpanLimits = WIDE_LIMITS,
    now = { nowMs: MS, judgedUpTo: ALL_JUDGED },
  ): readonly string[] => {
    const done: string[] = []
    for (;;) {
      const report = keeper.tidy(limits, now)
      done.push(...report.done, ...report.failed)
      if (!report.more) return done
    }
  }
  return { keeper, tidyAll }
}

test('packs every sealed segment, and never the one that is written to', () => {
  const { catalogue, names } = segments(2)
  const done = keeperOf(catalogue).tidyAll()
  expect(names()).toEqual(['000001.packed.db', '000002.packed.db', '000003.hot.db'])
  expect(done).toEqual([
    expect.stringMatching(/^000001\.hot\.db was packed: \d+ bytes are now \d+$/),
    expect.stringMatching(/^000002\.hot\.db was packed: \d+ bytes are now \d+$/),
  ])
})

test('packs a segment only once the last chunk of it is judged', () => {
  const { catalogue, names } = segments(2)
  const { tidyAll } = keeperOf(catalogue)
  const last = toPosition({ segment: 1, row: 3 })
  tidyAll(WIDE_LIMITS, { nowMs: MS, judgedUpTo: last - 1 })
  expect(names()).toEqual(['000001.hot.db', '000002.hot.db', '000003.hot.db'])
  tidyAll(WIDE_LIMITS, { nowMs: MS, judgedUpTo: last })
  expect(names()).toEqual(['000001.packed.db', '000002.hot.db', '000003.hot.db'])
})

test('does not replace a segment that is to be judged again since packing began', () => {
  const { catalogue, names } = segments(1)
  const { keeper } = keeperOf(catalogue)
  expect(keeper.tidy(WIDE_LIMITS, { nowMs: MS, judgedUpTo: ALL_JUDGED }).more).toBe(true)
  while (keeper.tidy(WIDE_LIMITS, { nowMs: MS, judgedUpTo: 0 }).more);
  expect(names()).toEqual(['000001.hot.db', '000002.hot.db'])
})

test('does not bring back a segment that somebody dropped while it was packed', () => {
  const { catalogue, names } = segments(1)
  const { keeper } = keeperOf(catalogue)
  expect(keeper.tidy(WIDE_LIMITS, { nowMs: MS, judgedUpTo: ALL_JUDGED }).more).toBe(true)
  for (const other of [keeperOf(catalogue)]) other.tidyAll({ ...WIDE_LIMITS, ageMsMax: 0 }, LATER)
  while (keeper.tidy(WIDE_LIMITS, { nowMs: MS, judgedUpTo: ALL_JUDGED }).more);
  expect(names()).toEqual(['000002.hot.db'])
})

const LATER = { nowMs: MS + 100 * DAY_MS, judgedUpTo: 0 }

test('drops whole segments that are too old, the oldest first, whatever is judged', () => {
  const { catalogue, names } = segments(3)
  const nowMs = MS + 4 * DAY_MS
  const done = keeperOf(catalogue).tidyAll(
    { ...WIDE_LIMITS, ageMsMax: 2 * DAY_MS },
    { nowMs, judgedUpTo: 0 },
  )
  expect(names()).toEqual(['000002.hot.db', '000003.hot.db', '000004.hot.db'])
  expect(done).toEqual([
    '000001.hot.db was dropped with 3 spans, of which 3 were not judged yet: its spans are older than spans are kept',
  ])
})

test('says as trouble how many of the spans that it drops nobody has judged', () => {
  const { catalogue } = segments(3)
  const { keeper } = keeperOf(catalogue)
  const limits = { ...WIDE_LIMITS, ageMsMax: 0 }
  const nowMs = MS + 50 * DAY_MS
  const dropped = [
    toPosition({ segment: 1, row: 3 }),
    toPosition({ segment: 2, row: 1 }),
    toPosition({ segment: 2, row: 1 }),
  ].map((judgedUpTo) => keeper.tidy(limits, { nowMs, judgedUpTo }))
  const why = 'its spans are older than spans are kept'
  expect(dropped.flatMap(({ done }) => done)).toEqual([
    `000001.hot.db was dropped with 3 spans: ${why}`,
  ])
  expect(dropped.flatMap(({ failed }) => failed)).toEqual([
    `000002.hot.db was dropped with 3 spans, of which 2 were not judged yet: ${why}`,
    `000003.hot.db was dropped with 3 spans, of which 3 were not judged yet: ${why}`,
  ])
})

test('keeps to the size by dropping the oldest, with their logs', () => {
  const { catalogue, names } = segments(3)
  const bytes = statSync(catalogue.hotPath(4)).size
  writeFileSync(`${catalogue.hotPath(1)}-wal`, '')
  const done = keeperOf(catalogue).tidyAll(
    { ...WIDE_LIMITS, bytesMax: 2.5 * bytes },
    { nowMs: MS, judgedUpTo: 0 },
  )
  expect(names()).toEqual(['000003.hot.db', '000004.hot.db'])
  expect(done).toHaveLength(2)
  expect(existsSync(`${catalogue.hotPath(1)}-wal`)).toBe(false)
})

/** As the writer names it, beside the segment that took over what could be read. */
function setAside(folder: string, atMs: number, bytes: number): string {
  const time = new Date(atMs).toISOString().replaceAll(':', '')
  const path = join(folder, `000000.hot.db.damaged-${time}`)
  writeFileSync(path, Buffer.alloc(bytes))
  return path
}

test('counts what was set aside in the size, drops the oldest for it, and says why', () => {
  const { catalogue, names } = segments(3)
  const bytes = statSync(catalogue.hotPath(4)).size
  const aside = setAside(catalogue.folder, MS, 2 * bytes)
  const limits = { ...WIDE_LIMITS, bytesMax: 4.5 * bytes }
  const { keeper, tidyAll } = keeperOf(catalogue)
  const done = tidyAll(limits, { nowMs: MS, judgedUpTo: ALL_JUDGED - 1 })
  expect(done[0]).toContain(`of which damaged files set aside take ${2 * bytes} bytes`)
  expect(names()[0]).toMatch(/^00000[23]/)
  expect(existsSync(aside)).toBe(true)
  expect(keeper.stats().setAside).toMatchObject([{ bytes: 2 * bytes, atMs: MS }])
})

test('removes what was set aside when it is as old as spans are kept, and says so', () => {
  const { catalogue } = segments(1)
  const aside = setAside(catalogue.folder, MS, 5)
  const acts = join(catalogue.folder, '..', 'acts.db.damaged-2025-01-01T000000.000Z')
  writeFileSync(acts, 'the only copy')
  const { tidyAll } = keeperOf(catalogue)
  const limits = { ...WIDE_LIMITS, ageMsMax: 2 * DAY_MS }
  tidyAll(limits, { nowMs: MS + 2 * DAY_MS, judgedUpTo: 0 })
  expect(existsSync(aside)).toBe(true)
  const done = tidyAll(limits, { nowMs: MS + 2 * DAY_MS + 1, judgedUpTo: 0 })
  expect(existsSync(aside)).toBe(false)
  expect(done).toEqual([
    expect.stringMatching(
      /^000000\.hot\.db\.damaged-.+Z was removed with 5 bytes: it was damaged/u,
    ),
  ])
  expect(existsSync(acts)).toBe(true)
})

test('never drops the segment that is written to, however small the limits are', () => {
  const { catalogue, names } = segments(2)
  keeperOf(catalogue).tidyAll({ ageMsMax: 0, bytesMax: 0 }, LATER)
  expect(names()).toEqual(['000003.hot.db'])
})

test('does not pack where the disk has no room, says so, and tries again later', () => {
  const { catalogue, names } = segments(1)
  let freeBytes = 1000
  const { tidyAll } = keeperOf(catalogue, { freeBytes: () => freeBytes })
  expect(tidyAll()).toEqual([expect.stringContaining('the disk has no room')])
  freeBytes = 1e12
  expect(tidyAll()).toEqual([])
  expect(names()).toEqual(['000001.hot.db', '000002.hot.db'])
  tidyAll(WIDE_LIMITS, { nowMs: MS + 11 * 60_000, judgedUpTo: ALL_JUDGED })
  expect(names()).toEqual(['000001.packed.db', '000002.hot.db'])
})

test('passes over a segment that it cannot read, packs the others, and tells its name', () => {
  const { catalogue, names } = segments(3, 400)
  const damaged = catalogue.hotPath(2)
  const bytes = readFileSync(damaged)
  for (let at = 3 * 8192; at < bytes.length; at += 8192) bytes.fill(0xee, at, at + 64)
  writeFileSync(damaged, bytes)
  const { keeper, tidyAll } = keeperOf(catalogue)
  tidyAll()
  expect(names()).toEqual([
    '000001.packed.db',
    '000002.hot.db',
    '000003.packed.db',
    '000004.hot.db',
  ])
  writeFileSync(catalogue.packedPath(3), 'no database')
  expect(new SegmentKeeper({ catalogue }).stats().damaged).toContain('000003.packed.db')
  expect(keeper.stats().freeBytes).toBe(1e12)
})

test('finishes what a crash left: the packed file counts, what is unfinished goes', () => {
  const { catalogue } = segments(2)
  const hot = readFileSync(catalogue.hotPath(1))
  keeperOf(catalogue).tidyAll()
  writeFileSync(catalogue.hotPath(1), hot)
  writeFileSync(`${catalogue.hotPath(1)}-wal`, '')
  writeFileSync(`${catalogue.packedPath(2)}.tmp`, 'half')
  writeFileSync(`${catalogue.packedPath(2)}.tmp-journal`, 'half')
  writeFileSync(join(catalogue.folder, '000000.hot.db-shm'), '')
  const done = keeperOf(catalogue).tidyAll()
  const rest = readdirSync(catalogue.folder).filter((name) => !name.startsWith('000003.hot.db-'))
  expect(rest.toSorted()).toEqual(['000001.packed.db', '000002.packed.db', '000003.hot.db'])
  expect(done).toContain('000001.hot.db was removed: a crash had left it')
})

test('leaves nothing behind where it is closed while it packs', () => {
  const { catalogue } = segments(1, 2000)
  const { keeper } = keeperOf(catalogue, { elapsedMs: clockOf(50) })
  keeper.tidy(WIDE_LIMITS, { nowMs: MS, judgedUpTo: ALL_JUDGED })
  keeper.tidy(WIDE_LIMITS, { nowMs: MS, judgedUpTo: ALL_JUDGED })
  expect(existsSync(`${catalogue.packedPath(1)}.tmp`)).toBe(true)
  keeper.close()
  expect(databasesIn(catalogue.folder)).toEqual(['000001.hot.db', '000002.hot.db'])
  expect(existsSync(`${catalogue.packedPath(1)}.tmp`)).toBe(false)
})

test('does a little at a time', () => {
  const { catalogue } = segments(1, 300)
  const { keeper } = keeperOf(catalogue, { elapsedMs: clockOf(1) })
  let steps = 0
  while (keeper.tidy(WIDE_LIMITS, { nowMs: MS, judgedUpTo: ALL_JUDGED }).more) steps += 1
  // 300 traces written and read back, some twenty in each step of as many milliseconds.
  expect(steps).toBeGreaterThan(20)
  expect(steps).toBeLessThan(60)
})

/** A clock that goes on whenever it is looked at. */
function clockOf(stepMs: number): () => number {
  let nowMs = 0
  return () => (nowMs += stepMs)
}

test('tells what there is, of the open segment too as it grows', () => {
  const { catalogue, dataDir } = segments(1)
  const { keeper, tidyAll } = keeperOf(catalogue)
  tidyAll()
  const place = { path: dataDir, limits: WIDE_LIMITS }
  const store = openStore(place, { now: () => MS + 2 * DAY_MS, log: () => undefined })
  const writer = store.openWriter()
  onTestFinished(() => writer.close())
  expect(keeper.stats()).toMatchObject({
    spans: 6,
    damaged: [],
    parts: [
      { name: '000001.packed.db', kind: 'packed', spans: 3, lastReceivedMs: MS + DAY_MS + 2 },
      { name: '000002.hot.db', kind: 'open', spans: 3 },
    ],
  })
  writer.append([arrivalOf([spanOf(1), spanOf(2)], { receivedAtMs: MS + 2 * DAY_MS + 9 })])
  const { parts, spans, bytes } = keeper.stats()
  expect(spans).toBe(8)
  expect(parts[1]).toMatchObject({ spans: 5, lastReceivedMs: MS + 2 * DAY_MS + 9 })
  expect(bytes).toBe(parts.reduce((sum, part) => sum + part.bytes, 0))
})

test('says nothing of a store that is not there yet', () => {
  const keeper = new SegmentKeeper({ catalogue: new SegmentCatalogue(temporaryFolder()) })
  expect(keeper.tidy(WIDE_LIMITS, LATER)).toEqual({ more: false, done: [], failed: [] })
  expect(keeper.stats()).toMatchObject({ spans: 0, bytes: 0, parts: [], damaged: [] })
})
