import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, test } from 'vitest'

import { SealedRows } from '../../../../../analyzer/store/sqlite/packing/sealed-rows.ts'
import { openHotSegment } from '../../../../../analyzer/store/sqlite/segments/hot-segment.ts'
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
