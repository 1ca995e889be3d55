import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'

import { AnalyzerError } from '../../../../../analyzer/errors.ts'
import { OtlpDecoder } from '../../../../../analyzer/ingest/decode-otlp.ts'
import { openStore } from '../../../../../analyzer/store/open-store.ts'
import { toPlace } from '../../../../../analyzer/store/sqlite/segments/position.ts'
import { SegmentCatalogue } from '../../../../../analyzer/store/sqlite/segments/segment-catalogue.ts'
import { SegmentHandles } from '../../../../../analyzer/store/sqlite/segments/segment-handles.ts'
import { SegmentWriter } from '../../../../../analyzer/store/sqlite/segments/segment-writer.ts'
import type { SpanLimits, SpanReader, SpanWriter } from '../../../../../analyzer/store/store.ts'
import { arrivalOf } from '../../../../support/arrivals.ts'
import { WIDE_LIMITS } from '../../../../support/open-test-store.ts'
import { buildSpan, jsonSpan } from '../../../../support/otlp.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

const HOUR_MS = 3_600_000
const traceId = (number: number): string => number.toString(16).padStart(32, '0')
const span = (number: number) =>
  buildSpan({ traceId: traceId(number), attributes: { words: 'w'.repeat(900) } })

/** A data folder whose writer can be closed, or left behind as a crash leaves it. */
function folder(limits: Partial<SpanLimits> = {}, path = temporaryFolder()) {
  const logged: string[] = []
  const clock = { nowMs: 1_800_000_000_000 }
  const store = openStore(
    { path, limits: { ...WIDE_LIMITS, ...limits } },
    { now: () => clock.nowMs, log: (line) => logged.push(line) },
  )
  const closers: (() => void)[] = []
  onTestFinished(() => {
    for (const close of closers) close()
  })
  const openWriter = (): SpanWriter => {
    const writer = store.openWriter()
    closers.push(() => writer.close())
    return writer
  }
  const openReader = (): SpanReader => {
    const reader = store.openReader()
    closers.push(() => reader.close())
    return reader
  }
  return {
    path,
    store,
    logged,
    clock,
    openWriter,
    openReader,
    files: () => readdirSync(join(path, 'segments')).filter((name) => name.endsWith('.db')),
    file: (name: string) => join(path, 'segments', name),
    /** What is on disk at this moment: all that a process leaves that is killed now. */
    crashed: () => {
      const copy = join(temporaryFolder(), 'data')
      cpSync(path, copy, { recursive: true })
      return folder(limits, copy)
    },
  }
}

function append(writer: SpanWriter, ...numbers: readonly number[]): void {
  writer.append([arrivalOf(numbers.map(span), { receivedAtMs: 1_800_000_000_000 })])
}

/** The numbers of the spans, in the order of their arrival. */
function stored(
  reader: SpanReader,
  isWanted: (segment: number) => boolean = () => true,
): readonly number[] {
  const chunks = reader
    .readAfter(0, 1e6)
    .filter(({ position }) => isWanted(toPlace(position).segment))
  return chunks.flatMap(({ content }) =>
    content.spans().map((each) => Number.parseInt(each.traceId, 16)),
  )
}

const RANGE = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1)

describe('a segment', () => {
  test('is followed by the next one when it has an eighth of the size, and none is lost', () => {
    const { openWriter, openReader, files } = folder({ bytesMax: 8 * 100_000 })
    const writer = openWriter()
    const reader = openReader()
    for (const number of RANGE(300)) append(writer, number)
    expect(files().length).toBeGreaterThan(2)
    expect(stored(reader)).toEqual(RANGE(300))
    expect(reader.counts().stored).toBe(300)
  })

  test('is followed by the next one when it has an eighth of the age', () => {
    const { openWriter, files } = folder({ ageMsMax: 8 * HOUR_MS })
    const writer = openWriter()
    const at = (receivedAtMs: number, number: number): void => {
      writer.append([arrivalOf([span(number)], { receivedAtMs })])
    }
    at(1_800_000_000_000, 1)
    at(1_800_000_000_000 + HOUR_MS - 1, 2)
    expect(files()).toEqual(['000001.hot.db'])
    at(1_800_000_000_000 + HOUR_MS, 3)
    expect(files()).toEqual(['000001.hot.db', '000002.hot.db'])
  })

  test('knows what segments before it hold, for a day', () => {
    const { openWriter, openReader } = folder({ bytesMax: 1 })
    const writer = openWriter()
    const reader = openReader()
    const at = (receivedAtMs: number, number: number): number =>
      writer.append([arrivalOf([span(number)], { receivedAtMs })]).stored
    const startMs = 1_800_000_000_000
    expect([at(startMs, 1), at(startMs, 2), at(startMs, 1)]).toEqual([1, 1, 0])
    expect(at(startMs + 23 * HOUR_MS, 1)).toBe(0)
    expect(at(startMs + 25 * HOUR_MS, 3)).toBe(1)
    // Stored again, and still read once.
    expect(at(startMs + 49 * HOUR_MS, 2)).toBe(1)
    expect(reader.trace(traceId(2)).spans).toHaveLength(1)
  })

  test('is remembered across a restart', () => {
    const { openWriter } = folder({ bytesMax: 1 })
    const before = openWriter()
    for (const number of RANGE(5)) append(before, number)
    before.close()
    const after = openWriter()
    const again = RANGE(6).map((number) =>
      arrivalOf([span(number)], { receivedAtMs: 1_800_000_000_000 }),
    )
    expect(after.append(again)).toEqual({ stored: 1, duplicates: 5 })
  })

  test('has no number twice, though all before it were dropped', () => {
    const { openWriter, openReader, files, file } = folder({ bytesMax: 1 })
    const before = openWriter()
    for (const number of RANGE(3)) append(before, number)
    before.close()
    for (const name of files().slice(0, -1)) rmSync(file(name))
    append(openWriter(), 4)
    expect(files()).toEqual(['000003.hot.db', '000004.hot.db'])
    expect(openReader().counts().stored).toBe(4)
  })
})

test('a writer that is closed leaves one file, and no log that is still to be copied', () => {
  const { path, openWriter } = folder()
  const before = openWriter()
  append(before, 1)
  before.close()
  const writer = openWriter()
  // Comes again: the segment is read as well, by a handle that cannot write.
  append(writer, 1)
  append(writer, 2)
  writer.close()
  expect(readdirSync(join(path, 'segments'))).toEqual(['000001.hot.db'])
})

test('where somebody took all segments away, new spans come behind what was judged', () => {
  const { path, store, openWriter, openReader, file } = folder({ bytesMax: 1 })
  const before = openWriter()
  for (const number of RANGE(3)) append(before, number)
  before.close()
  const reader = openReader()
  const judgedUpTo = reader.readAfter(0, 9).at(-1)?.position ?? 0
  const verdicts = store.openVerdicts()
  verdicts.replace([], { judgedUpTo, unrecognised: 0, withoutRequest: 0 })
  verdicts.close()
  rmSync(join(path, 'segments'), { recursive: true })
  append(openWriter(), 4)
  expect(reader.readAfter(judgedUpTo, 9)).toHaveLength(1)
  expect(file('000004.hot.db')).toSatisfy(existsSync)
})

test('a segment that was sealed is written no more, though the next one cannot be begun', () => {
  const { path, clock, logged, openReader } = folder()
  class Catalogue extends SegmentCatalogue {
    hasRoom = true
    override hotPath(number: number): string {
      return this.hasRoom ? super.hotPath(number) : join(path, 'no', 'such', 'folder')
    }
  }
  const catalogue = new Catalogue(path)
  const handles = new SegmentHandles({ catalogue, onDamaged: () => logged.push('damaged') })
  const limits = { ageMsMax: 8 * HOUR_MS, bytesMax: 1e9 }
  const now = (): number => clock.nowMs
  const writer = new SegmentWriter({
    catalogue,
    handles,
    limits,
    judgedUpTo: 0,
    now,
    log: (line) => logged.push(line),
  })
  onTestFinished(() => writer.close())
  const at = (receivedAtMs: number, number: number) =>
    writer.append([arrivalOf([span(number)], { receivedAtMs })])
  at(clock.nowMs, 1)
  catalogue.hasRoom = false
  expect(() => at(clock.nowMs + HOUR_MS, 2)).toThrow('does not exist')
  // The clock is put back: by its age alone the segment would be written on.
  expect(() => at(clock.nowMs, 2)).toThrow('does not exist')
  catalogue.hasRoom = true
  at(clock.nowMs, 2)
  expect(openReader().trace(traceId(2)).spans).toHaveLength(1)
  expect(stored(openReader())).toEqual([1, 2])
})

test('a segment that was begun while the clock was ahead ends when it is put back', () => {
  const { openWriter, clock, files } = folder()
  const at = (writer: SpanWriter, number: number): void => {
    writer.append([arrivalOf([span(number)], { receivedAtMs: clock.nowMs })])
  }
  clock.nowMs += 365 * 24 * HOUR_MS
  const writer = openWriter()
  at(writer, 1)
  clock.nowMs -= 365 * 24 * HOUR_MS
  at(writer, 2)
  at(writer, 3)
  expect(files()).toEqual(['000001.hot.db', '000002.hot.db'])
})

function isLocked(path: string): boolean {
  return readFileSync('/proc/locks', 'utf8').includes(`:${statSync(path).ino} `)
}

/**
 * Whoever looks into a file with a tool of SQLite's takes itself for the only one where no lock
 * stands on it, and removes the log with all that is in it: version 3.40 does.
 */
test('a segment that is written stays locked, whoever reads it', () => {
  const before = folder()
  const writer = before.openWriter()
  append(writer, 1)
  expect(stored(before.openReader())).toEqual([1])
  expect(before.file('000001.hot.db')).toSatisfy(isLocked)
  const { openWriter, openReader, file } = before.crashed()
  openWriter()
  expect(stored(openReader())).toEqual([1])
  expect(file('000001.hot.db')).toSatisfy(isLocked)
})

test('of a trace without end, what came last is known, and what lies far back is read once', () => {
  const { openWriter, openReader } = folder()
  const writer = openWriter()
  const part = (number: number) =>
    buildSpan({
      traceId: traceId(1),
      spanId: number.toString(16).padStart(16, '0'),
      attributes: { words: 'w'.repeat(10_000) },
    })
  const arrival = (numbers: readonly number[]) =>
    arrivalOf(numbers.map(part), { receivedAtMs: 1_800_000_000_000 })
  for (let begin = 1; begin <= 1000; begin += 50) {
    writer.append([arrival(RANGE(50).map((at) => begin + at - 1))])
  }
  expect(writer.append([arrival([1000, 999, 950])])).toEqual({ stored: 0, duplicates: 3 })
  // Some 10 MB back: to look for it there would take longer with each commit.
  expect(writer.append([arrival([1])])).toEqual({ stored: 1, duplicates: 0 })
  expect(openReader().trace(traceId(1)).spans).toHaveLength(1000)
})

describe('after a crash', () => {
  test('in the middle of a segment it is written on', () => {
    const before = folder()
    append(before.openWriter(), 1, 2)
    const { openWriter, openReader, files } = before.crashed()
    append(openWriter(), 2, 3)
    expect(files()).toEqual(['000001.hot.db'])
    expect(stored(openReader())).toEqual([1, 2, 3])
  })

  test.each([
    ['empty', () => Buffer.alloc(0)],
    ['without a schema', emptyDatabase],
  ])('a segment that was begun and is %s is begun again', (_, toBytes) => {
    const before = folder({ bytesMax: 1 })
    const writer = before.openWriter()
    for (const number of RANGE(2)) append(writer, number)
    writer.close()
    const { openWriter, openReader, files, file } = before.crashed()
    writeFileSync(file('000003.hot.db'), toBytes())
    const reader = openReader()
    expect(stored(reader)).toEqual([1, 2])
    append(openWriter(), 3)
    expect(files()).toEqual(['000001.hot.db', '000002.hot.db', '000003.hot.db'])
    expect(stored(reader)).toEqual([1, 2, 3])
    expect(reader.counts().stored).toBe(3)
  })

  test('between sealing a segment and beginning the next one, the next one is begun', () => {
    const before = folder({ bytesMax: 1 })
    const writer = before.openWriter()
    for (const number of RANGE(2)) append(writer, number)
    writer.close()
    const { openWriter, openReader, files, file } = before.crashed()
    rmSync(file('000002.hot.db'))
    append(openWriter(), 3)
    expect(files()).toEqual(['000001.hot.db', '000002.hot.db'])
    expect(stored(openReader())).toEqual([1, 3])
  })

  test('two segments that are not sealed become one that is', () => {
    const one = folder()
    append(one.openWriter(), 1)
    const two = folder()
    append(two.openWriter(), 2)
    const { openWriter, openReader, file } = one.crashed()
    const other = two.crashed()
    for (const suffix of ['', '-wal']) {
      copyFileSync(other.file(`000001.hot.db${suffix}`), file(`000002.hot.db${suffix}`))
    }
    append(openWriter(), 1, 2, 3)
    expect(stored(openReader())).toEqual([1, 2, 3])
    expect(isSealed(file('000001.hot.db'))).toBe(true)
    expect(isSealed(file('000002.hot.db'))).toBe(false)
  })

  test('without its log a segment that was judged further is written on no more', () => {
    const before = folder()
    const writer = before.openWriter()
    append(writer, 1)
    const database = new Database(before.file('000001.hot.db'))
    database.pragma('wal_checkpoint(TRUNCATE)')
    database.close()
    for (const number of [2, 3, 4]) append(writer, number)
    const judgedUpTo = before.openReader().readAfter(0, 9).at(-1)?.position ?? 0
    const verdicts = before.store.openVerdicts()
    verdicts.replace([], { judgedUpTo, unrecognised: 0, withoutRequest: 0 })
    verdicts.close()
    const { openWriter, openReader, file, files, logged } = before.crashed()
    for (const suffix of ['-wal', '-shm']) rmSync(file(`000001.hot.db${suffix}`), { force: true })
    append(openWriter(), 5)
    const after = openReader().readAfter(judgedUpTo, 9)
    expect(after.flatMap(({ content }) => content.spans().map((each) => each.traceId))).toEqual([
      traceId(5),
    ])
    expect(files()).toEqual(['000001.hot.db', '000002.hot.db'])
    expect(logged.join('\n')).toMatch(/000001\.hot\.db ends at chunk 1: spans that were stored/u)
  })

  test('without its log a segment has what was copied back, and goes on', () => {
    const before = folder()
    append(before.openWriter(), 1)
    const { openWriter, openReader, file } = before.crashed()
    for (const suffix of ['-wal', '-shm']) rmSync(file(`000001.hot.db${suffix}`), { force: true })
    append(openWriter(), 2)
    expect(stored(openReader())).toContain(2)
  })
})

function emptyDatabase(): Buffer {
  const path = join(temporaryFolder(), 'empty.db')
  const database = new Database(path)
  database.pragma('page_size = 8192')
  database.pragma('journal_mode = WAL')
  database.close()
  return readFileSync(path)
}

function isSealed(path: string): boolean {
  const database = new Database(path, { readonly: true })
  const sealed = database.prepare("SELECT 1 FROM meta WHERE key = 'sealed_ms'").get()
  database.close()
  return sealed !== undefined
}

function rootPage(path: string, name: string): number {
  const database = new Database(path, { readonly: true })
  const page = database
    .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .pluck()
    .get(name)
  database.close()
  return page ?? 0
}

function spoil(path: string, at: number, length: number): void {
  const bytes = readFileSync(path)
  bytes.fill(0xa5, at, at + length)
  writeFileSync(path, bytes)
}

/** Segments of a hundred spans and more, with everything in the files themselves. */
function written() {
  const before = folder({ bytesMax: 8 * 200_000 })
  const writer = before.openWriter()
  for (const number of RANGE(300)) append(writer, number)
  writer.close()
  return before
}

/** Damage that shows at the next write and no sooner: an index that is no index. */
function confuseIndex(path: string): void {
  const database = new Database(path)
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.unsafeMode()
  database.pragma('writable_schema = ON')
  database.exec(
    `UPDATE sqlite_schema SET rootpage =
       (SELECT rootpage FROM sqlite_schema WHERE name = 'chunks') WHERE name = 'chunks_by_trace'`,
  )
  const version = Number(database.pragma('schema_version', { simple: true }))
  database.pragma(`schema_version = ${version + 1}`)
  database.close()
}

function spoilMeta(file: string): void {
  const database = new Database(file)
  const root = database
    .prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'meta'")
    .pluck()
    .get()
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  spoil(file, ((root ?? 0) - 1) * 8192, 8192)
}

function turnVersion(file: string): void {
  const database = new Database(file)
  database.pragma('user_version = 254')
  database.close()
}

function dropBirth(file: string): void {
  const database = new Database(file)
  database.exec('DELETE FROM meta')
  database.close()
}

describe('damage', () => {
  test('of a whole segment hides no other, is said once, and is no reason to stop', () => {
    const { openWriter, openReader, file, logged } = written().crashed()
    writeFileSync(file('000001.hot.db'), 'This is no database. '.repeat(1000))
    const reader = openReader()
    const left = stored(reader)
    expect(left.length).toBeGreaterThan(100)
    expect(left.at(-1)).toBe(300)
    for (const number of left) expect(reader.trace(traceId(number)).spans).toHaveLength(1)
    expect(logged.filter((line) => line.includes('000001.hot.db'))).toHaveLength(1)
    append(openWriter(), 301)
    expect(stored(reader)).toEqual([...left, 301])
  })

  test('of a page hides no span that is not on it', () => {
    const { openReader, file } = written().crashed()
    const bytes = readFileSync(file('000001.hot.db'))
    // The last but two: rows stand before and behind it.
    spoil(file('000001.hot.db'), (Math.floor(bytes.length / 8192) - 3) * 8192, 8192)
    const left = stored(openReader())
    expect(left.length).toBeGreaterThan(280)
    expect(left.length).toBeLessThan(300)
    expect(left.slice(0, 10)).toEqual(RANGE(10))
    expect(left.at(-1)).toBe(300)
  }, 60_000)

  test('of the segment that is written costs what cannot be read, and the rest goes on', () => {
    const { openWriter, openReader, files, file, logged, path } = written().crashed()
    const last = files().at(-1) ?? ''
    const before = stored(openReader())
    const pages = Math.floor(readFileSync(file(last)).length / 8192)
    spoil(file(last), (pages - 4) * 8192, 8192)
    const writer = openWriter()
    append(writer, 301)
    const left = stored(openReader())
    expect(left.length).toBeGreaterThan(before.length - 12)
    expect(new Set(left).size).toBe(left.length)
    expect(left.at(-1)).toBe(301)
    expect(logged.join('\n')).toContain('is damaged')
    expect(readdirSync(join(path, 'segments')).some((name) => name.includes('.damaged-'))).toBe(
      true,
    )
  })

  test.each([
    ['the page of what it says of itself', spoilMeta],
    ['its birth, which is gone', dropBirth],
    ['the number of its schema, of which bits are turned', turnVersion],
  ])('of %s costs no span', (_, damage) => {
    const { openWriter, openReader, files, file } = written().crashed()
    const before = stored(openReader())
    const last = file(files().at(-1) ?? '')
    damage(last)
    append(openWriter(), 301)
    const left = stored(openReader())
    expect(left.toSorted((one, other) => one - other)).toEqual([...before, 301])
    const reader = openReader()
    for (const number of left) expect(reader.trace(traceId(number)).spans).toHaveLength(1)
  })

  test('of an index that is noticed when the segment is sealed is no reason not to start', () => {
    const one = folder()
    const writer = one.openWriter()
    for (const number of RANGE(20)) append(writer, number)
    writer.close()
    const two = folder()
    append(two.openWriter(), 21)
    const { openWriter, openReader, file } = one.crashed()
    const other = two.crashed()
    for (const suffix of ['', '-wal']) {
      copyFileSync(other.file(`000001.hot.db${suffix}`), file(`000002.hot.db${suffix}`))
    }
    const database = new Database(file('000001.hot.db'))
    database.pragma('wal_checkpoint(TRUNCATE)')
    database.close()
    spoil(
      file('000001.hot.db'),
      (rootPage(file('000001.hot.db'), 'chunks_by_trace') - 1) * 8192,
      64,
    )
    append(openWriter(), 22)
    expect(stored(openReader()).toSorted((a, b) => a - b)).toEqual(RANGE(22))
  })

  test('of a filter hides no trace', () => {
    const { openReader, file } = written().crashed()
    const database = new Database(file('000001.hot.db'))
    database.exec(
      `UPDATE meta SET value = zeroblob(length(value)) WHERE key IN ('trace_filter', 'span_filter')`,
    )
    database.close()
    expect(openReader().trace(traceId(1)).spans).toHaveLength(1)
  })

  test('that comes while it is written loses no span that is acknowledged afterwards', () => {
    const { openWriter, openReader, file, files } = folder()
    const writer = openWriter()
    const reader = openReader()
    for (const number of RANGE(50)) append(writer, number)
    confuseIndex(file('000001.hot.db'))
    append(writer, 51)
    expect(stored(reader)).toEqual(RANGE(51))
    expect(reader.counts().stored).toBe(51)
    expect(files()).toContain('000002.hot.db')
  })

  test('leaves the resource and the scope of what it restores as they were stored', () => {
    const { openWriter, file } = folder()
    const writer = openWriter()
    const resource = { attributes: [], droppedAttributesCount: 3 }
    const scope = { name: 'lib', attributes: [{ key: 'k', value: { stringValue: 'v' } }] }
    const request = {
      resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [jsonSpan(span(1))] }] }],
    }
    const decoded = new OtlpDecoder({ salt: Buffer.alloc(32) }).decode(
      Buffer.from(JSON.stringify(request)),
      'json',
    )
    if (decoded.kind === 'malformed') throw new Error(decoded.message)
    writer.append([{ source: 'litellm', receivedAtMs: 100, records: decoded.records }])
    confuseIndex(file('000001.hot.db'))
    append(writer, 2)
    const database = new Database(file('000002.hot.db'), { readonly: true })
    const contexts = database.prepare<[], Buffer>('SELECT bytes FROM contexts').pluck().all()
    database.close()
    expect(contexts).toContainEqual(decoded.records[0]?.context.bytes)
  })

  test.each([0, 1, 8191, 8192, 20_000])(
    'a file cut off after %i bytes stops nobody',
    (length) => {
      const { openWriter, openReader, file } = written().crashed()
      truncateSync(file('000002.hot.db'), length)
      const reader = openReader()
      append(openWriter(), 301)
      const left = stored(reader)
      expect(left[0]).toBe(1)
      expect(left.at(-1)).toBe(301)
    },
    60_000,
  )

  test('at any byte stops nobody and hides no other segment', () => {
    const before = written()
    const size = readFileSync(before.file('000002.hot.db')).length
    const offsets = [
      ...RANGE(12).map((at) => at * 8),
      ...RANGE(28).map((at) => at * Math.floor(size / 29)),
    ]
    const others = stored(before.openReader(), (segment) => segment !== 2)
    for (const at of offsets) {
      const { openWriter, openReader, file } = before.crashed()
      spoil(file('000002.hot.db'), at, 16)
      const writer = openWriter()
      append(writer, 301)
      const reader = openReader()
      const left = stored(reader)
      expect(
        others.filter((number) => !left.includes(number)),
        `byte ${at}`,
      ).toEqual([])
      expect(left.at(-1), `byte ${at}`).toBe(301)
      for (const number of [1, 150, 299]) expect(reader.trace(traceId(number)).isCut).toBe(false)
      writer.close()
      reader.close()
    }
  }, 60_000)
})

test('a segment of a later release is refused by name, and everything is left as it is', () => {
  const before = folder({ bytesMax: 1 })
  const writer = before.openWriter()
  for (const number of RANGE(2)) append(writer, number)
  writer.close()
  const { openWriter, file, files } = before.crashed()
  const database = new Database(file('000001.hot.db'))
  database.pragma('user_version = 9')
  database.close()
  const bytes = files().map((name) => readFileSync(file(name)))
  const open = (): unknown => openWriter()
  expect(open).toThrow(AnalyzerError)
  expect(open).toThrow(/000001\.hot\.db was written by a newer release \(schema 9/u)
  expect(files().map((name) => readFileSync(file(name)))).toEqual(bytes)
})

describe('a reader', () => {
  test('lives through segments that are dropped and replaced under it', () => {
    const { openWriter, openReader, file, files } = folder({ bytesMax: 1 })
    const writer = openWriter()
    const reader = openReader()
    for (const number of RANGE(5)) append(writer, number)
    expect(stored(reader)).toEqual(RANGE(5))
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(file(`000001.hot.db${suffix}`), { force: true })
    expect(stored(reader)).toEqual([2, 3, 4, 5])
    expect(reader.trace(traceId(1)).spans).toEqual([])
    expect(reader.trace(traceId(4)).spans).toHaveLength(1)
    expect(files()).toHaveLength(4)
  })

  test('holds few files open, however many segments there are', () => {
    const { openWriter, openReader } = folder({ bytesMax: 1 })
    const writer = openWriter()
    for (const number of RANGE(60)) append(writer, number)
    const reader = openReader()
    expect(stored(reader)).toEqual(RANGE(60))
    const open = readdirSync('/proc/self/fd').length
    expect(stored(reader)).toEqual(RANGE(60))
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(open + 3)
    expect(open).toBeLessThan(250)
  }, 60_000)

  test('looks for a trace in the segments that may have it, and in no other', () => {
    const { openWriter, openReader, file, logged } = folder({ bytesMax: 1 })
    const writer = openWriter()
    for (const number of RANGE(60)) append(writer, number)
    const reader = openReader()
    expect(reader.trace(traceId(60)).spans).toHaveLength(1)
    // Whoever reads one of these from now on finds no database in it. The last are held open.
    for (const name of RANGE(20).map((number) => `${String(number).padStart(6, '0')}.hot.db`)) {
      writeFileSync(file(name), 'no database')
    }
    expect(reader.trace(traceId(60)).spans).toHaveLength(1)
    expect(logged).toEqual([])
    expect(reader.trace(traceId(1)).spans).toEqual([])
    expect(logged).toEqual([expect.stringContaining('000001.hot.db cannot be read')])
  }, 60_000)

  test('that is cut off from a file for a moment says so, and does not pass it by', () => {
    const { openWriter, openReader, file } = folder({ bytesMax: 1 })
    const writer = openWriter()
    for (const number of RANGE(3)) append(writer, number)
    writer.close()
    const reader = openReader()
    renameSync(file('000002.hot.db'), file('away'))
    writeFileSync(file('away2'), '')
    expect(stored(reader)).toEqual([1, 3])
    renameSync(file('away'), file('000002.hot.db'))
    expect(stored(reader)).toEqual(RANGE(3))
    expect(existsSync(file('away2'))).toBe(true)
  })
})

test('tidying up copies the log back where it is large enough, and then it grows no further', () => {
  const { openWriter, file } = folder()
  const writer = openWriter()
  const copiedBytes = (): number => statSync(file('000001.hot.db')).size
  const logBytes = (): number => statSync(file('000001.hot.db-wal')).size
  const atFirst = copiedBytes()
  // Each commit is three pages at least: its row, and two indexes.
  for (const number of RANGE(20)) append(writer, number)
  writer.tidyUp()
  expect(copiedBytes()).toBe(atFirst)
  for (const number of RANGE(200)) append(writer, 100 + number)
  writer.tidyUp()
  expect(copiedBytes()).toBeGreaterThan(atFirst)
  const before = logBytes()
  for (const number of RANGE(50)) append(writer, 1000 + number)
  expect(logBytes()).toBe(before)
})

test('tidying up that fails is no trouble of whoever appended', () => {
  const { openWriter, openReader, file } = folder()
  const writer = openWriter()
  for (const number of RANGE(200)) append(writer, number)
  const blocker = new Database(file('000001.hot.db'))
  onTestFinished(() => {
    blocker.close()
  })
  blocker.exec('BEGIN EXCLUSIVE')
  writer.tidyUp()
  blocker.exec('ROLLBACK')
  append(writer, 201)
  expect(stored(openReader())).toEqual(RANGE(201))
})
