import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, test } from 'vitest'

import { SealedRows } from '../../../../../analyzer/store/sqlite/packing/sealed-rows.ts'
import { openHotSegment } from '../../../../../analyzer/store/sqlite/segments/hot-segment.ts'
import { IdHash } from '../../../../../analyzer/store/sqlite/segments/id-hash.ts'
import { buildSpan } from '../../../../support/otlp.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'
import { writeHotSegment } from '../../../../support/write-hot-segment.ts'

/** Two chunks; then something happens to the first one that SQLite does not notice. */
function damagedSegment(change: string): string {
  const file = join(temporaryFolder(), '000001.hot.db')
  const spans = ['00000000000000aa', '00000000000000bb'].map((spanId) => buildSpan({ spanId }))
  writeHotSegment(file, {
    chunks: spans.map((span) => ({ source: 'default', receivedMs: 1, spans: [span] })),
  })
  const database = new Database(file)
  database.exec(`UPDATE chunks SET ${change} WHERE row = 1`)
  database.close()
  return file
}

test.each([
  ['a byte of a span', `bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'7f' AS BLOB)`],
  ['the time of its receipt', 'received_ms = 2'],
  ['its resource', 'context_id = 2'],
  ['its source', 'source_id = 2'],
])('a chunk is not believed where %s is not what was written', (_, change) => {
  const file = damagedSegment(change)
  const segment = openHotSegment(1, file)
  expect(segment?.chunksAfter(0, 10).map(({ bytes }) => bytes === undefined)).toEqual([true, false])
  segment?.close()
  const rows = new SealedRows(file)
  expect([rows.chunk(1).bytes.length, rows.chunk(2).bytes.length > 0]).toEqual([0, true])
  rows.close()
})

test('a trace is found by its first span, though a longer one before it has the same hash', () => {
  const file = join(temporaryFolder(), '000001.hot.db')
  const [wanted, other] = ['0a'.repeat(16), '0b'.repeat(16)]
  const spans = Array.from({ length: 12 }, (_, at) =>
    buildSpan({ traceId: other, startTimeNs: BigInt(at) * 1000n }),
  )
  spans.push(buildSpan({ traceId: wanted, startTimeNs: 50_000n }))
  const traceId = Buffer.from(wanted ?? '', 'hex')
  const shared = new IdHash({ low: 1, high: 2 }).ofTrace(traceId, 0)
  writeHotSegment(file, {
    chunks: spans.map((span) => ({ source: 's', receivedMs: 1, spans: [span] })),
    hashOf: () => shared,
  })
  const segment = openHotSegment(1, file)
  expect(segment?.earliestOf('s', traceId)).toEqual([{ row: 13, traceId: wanted, atUs: 50 }])
  segment?.close()
})
