import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import type { WireHealth, WireRequestList } from '../../../../analyzer/api/wire.ts'
import { decodeContext, decodeSpan } from '../../../../analyzer/ingest/otlp/decode-span.ts'
import { openStore } from '../../../../analyzer/store/open-store.ts'
import { SegmentCatalogue } from '../../../../analyzer/store/sqlite/segments/segment-catalogue.ts'
import { SegmentHandles } from '../../../../analyzer/store/sqlite/segments/segment-handles.ts'
import { SegmentWriter } from '../../../../analyzer/store/sqlite/segments/segment-writer.ts'
import { takeOverSpans } from '../../../../analyzer/store/sqlite/take-over-spans.ts'
import type { ReceivedSpan } from '../../../../analyzer/store/store.ts'
import { arrivalOf } from '../../../support/arrivals.ts'
import { WIDE_LIMITS } from '../../../support/open-test-store.ts'
import { runAnalyzer } from '../../../support/running-analyzer.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { unpackDataFolder } from '../../../support/unpack-data-folder.ts'
import { waitUntil } from '../../../support/wait-until.ts'

/** As release 0.1.0 read it. */
function readOldFolder(path: string): readonly ReceivedSpan[] {
  const database = new Database(join(path, 'spans.db'), { readonly: true })
  const rows = database
    .prepare<[], { source: string; received_ms: number; context: Buffer; bytes: Buffer }>(
      `SELECT sources.name AS source, received_ms, contexts.bytes AS context, spans.bytes
       FROM spans JOIN sources ON sources.id = source_id JOIN contexts ON contexts.id = context_id
       ORDER BY position`,
    )
    .all()
  database.close()
  return rows.map(({ source, received_ms: receivedAtMs, context, bytes }) => {
    return { source, receivedAtMs, span: decodeSpan(bytes, decodeContext(context)) }
  })
}

function open(path: string) {
  const logged: string[] = []
  const store = openStore(
    { path, limits: WIDE_LIMITS },
    { now: () => 1_800_000_000_000, log: (line) => logged.push(line) },
  )
  const writer = store.openWriter()
  const reader = store.openReader()
  onTestFinished(() => {
    reader.close()
    writer.close()
  })
  return { writer, reader, logged }
}

function contentOf(path: string) {
  const { reader } = open(path)
  const spans = reader
    .readAfter(0, 1e6)
    .flatMap(({ source, receivedAtMs, content }) =>
      content.spans().map((span) => ({ source, receivedAtMs, span })),
    )
  return { spans: inOrder(spans), counts: reader.counts() }
}

function keyOf({ span }: ReceivedSpan): string {
  return `${span.traceId}${span.spanId}`
}

function inOrder(spans: readonly ReceivedSpan[]): readonly ReceivedSpan[] {
  return spans.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
}

test('a folder of 0.1.0 is taken over without a loss, and its file is gone', () => {
  const path = unpackDataFolder('0.1.0')
  const old = readOldFolder(path)
  const { spans, counts } = contentOf(path)
  expect(old).toHaveLength(284)
  expect(spans).toEqual(inOrder(old))
  expect(counts).toMatchObject({ stored: 284, duplicates: 0, rejected: 1 })
  expect(counts.sources.map(({ name, stored }) => [name, stored])).toEqual([
    ['default', 248],
    ['litellm', 36],
  ])
  expect(counts.sources.map(({ lastReceivedMs }) => lastReceivedMs)).toEqual([
    1_795_277_384_895, 1_795_277_378_386,
  ])
  expect(readdirSync(path).filter((name) => name.startsWith('spans.db'))).toEqual([])
})

test('what had been pruned before still counts', () => {
  const path = unpackDataFolder('0.1.0')
  const database = new Database(join(path, 'spans.db'))
  database.exec('DELETE FROM spans WHERE position <= 50')
  const left = database.prepare<[], number>('SELECT count(*) FROM spans').pluck().get()
  database.close()
  const { spans, counts } = contentOf(path)
  expect(spans).toHaveLength(left ?? 0)
  expect(counts.stored).toBe(284)
})

test('spans that come again are known', () => {
  const path = unpackDataFolder('0.1.0')
  const [first] = readOldFolder(path)
  const { writer } = open(path)
  const receivedAtMs = first?.receivedAtMs ?? 0
  const again = arrivalOf(first === undefined ? [] : [first.span], { receivedAtMs })
  expect(writer.append([again])).toEqual({ stored: 0, duplicates: 1 })
})

/** A run that ends after so many steps, as a crash ends it: files stay as they are. */
function crashAfter(steps: number): string | undefined {
  const path = unpackDataFolder('0.1.0')
  const catalogue = new SegmentCatalogue(path)
  const writer = new SegmentWriter({
    catalogue,
    handles: new SegmentHandles({ catalogue, onDamaged: () => undefined }),
    // So that segments begin on the way.
    limits: { ...WIDE_LIMITS, bytesMax: 8 * 150_000 },
    judgedUpTo: 0,
    now: () => 1_800_000_000_000,
    log: () => undefined,
  })
  const options = { writer, now: () => 0, log: () => undefined, rowsAtOnce: 40 }
  const run = takeOverSpans(join(path, 'spans.db'), options)
  let isOver = false
  for (let step = 0; step < steps && !isOver; step += 1) isOver = run.next().done === true
  const copy = join(temporaryFolder(), 'data')
  cpSync(path, copy, { recursive: true })
  writer.close()
  return isOver ? undefined : copy
}

test('wherever it is interrupted, it comes to the same end', () => {
  const whole = contentOf(unpackDataFolder('0.1.0'))
  let steps = 0
  for (;;) {
    const path = crashAfter(steps)
    if (path === undefined) break
    expect(contentOf(path), `after ${steps} steps`).toEqual(whole)
    // And once more, for nothing is left to do.
    expect(contentOf(path), `after ${steps} steps, twice`).toEqual(whole)
    steps += 1
  }
  expect(steps).toBeGreaterThan(9)
}, 60_000)

test('how far it has come is said every five seconds', () => {
  const path = unpackDataFolder('0.1.0')
  const catalogue = new SegmentCatalogue(path)
  const writer = new SegmentWriter({
    catalogue,
    handles: new SegmentHandles({ catalogue, onDamaged: () => undefined }),
    limits: WIDE_LIMITS,
    judgedUpTo: 0,
    now: () => 0,
    log: () => undefined,
  })
  onTestFinished(() => writer.close())
  const logged: string[] = []
  let nowMs = 0
  // Looked at with each step of forty spans.
  const now = (): number => (nowMs += 1001)
  const log = (line: string): number => logged.push(line)
  const run = takeOverSpans(join(path, 'spans.db'), { writer, now, log, rowsAtOnce: 40 })
  while (run.next().done !== true) continue
  expect(logged[0]).toContain('its 284 spans are taken over before the start')
  expect(logged.slice(1)).toEqual(['200 of 284 spans were taken over', '284 spans were taken over'])
})

test('a folder of a later release is refused by name and left alone', () => {
  const path = unpackDataFolder('0.1.0')
  const database = new Database(join(path, 'spans.db'))
  database.pragma('user_version = 7')
  database.close()
  const before = readFileSync(join(path, 'spans.db'))
  expect(() => open(path)).toThrow(/spans\.db was written by a newer release \(schema 7/u)
  expect(readFileSync(join(path, 'spans.db'))).toEqual(before)
})

test('of a damaged file the readable part is taken over, and the file is kept', () => {
  const path = unpackDataFolder('0.1.0')
  const database = new Database(join(path, 'spans.db'))
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  const bytes = readFileSync(join(path, 'spans.db'))
  bytes.fill(0xaa, bytes.length - 8 * 4096)
  writeFileSync(join(path, 'spans.db'), bytes)
  const { logged, reader } = open(path)
  expect(logged.join('\n')).toMatch(/spans\.db is damaged/u)
  expect(readdirSync(path).some((name) => name.startsWith('spans.db.damaged-'))).toBe(true)
  expect(existsSync(join(path, 'spans.db'))).toBe(false)
  expect(reader.counts().sources).toHaveLength(2)
})

test('a file that was begun and never filled is nothing', () => {
  const path = unpackDataFolder('0.1.0')
  writeFileSync(join(path, 'spans.db'), '')
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(join(path, `spans.db${suffix}`)))
      writeFileSync(join(path, `spans.db${suffix}`), '')
  }
  expect(contentOf(path)).toMatchObject({ spans: [], counts: { stored: 0 } })
})

test('an analyzer that starts on it judges everything again, to the same end', async () => {
  const dataDir = unpackDataFolder('0.1.0')
  const configFile = join(temporaryFolder(), 'analyzer.yaml')
  const recordings = new URL('../../../../demo/recordings/', import.meta.url)
  const routerConfig = fileURLToPath(new URL('router-config.yaml', recordings))
  writeFileSync(
    configFile,
    `analyzer:
  settle_ms: 50
  sources:
    - { name: litellm, match: { service.name: litellm }, router_config: '${routerConfig}' }
`,
  )
  const { api } = await runAnalyzer({ dataDir, configFile })
  await waitUntil(async () => {
    const { requests } = await api<WireRequestList>('requests?limit=200')
    const { requestsPending } = await api<WireHealth>('health')
    return requests.length === 46 && requestsPending === 0
  }, '46 requests judged')
  const { requests } = await api<WireRequestList>('requests?limit=200')
  const count = (wanted: string): number =>
    requests.filter(({ outcome }) => outcome === wanted).length
  expect(['ok', 'rescued', 'failed', 'cancelled'].map(count)).toEqual([9, 23, 13, 1])
})
