import { showProgress } from '../report.ts'
import { PlainTable } from './plain-table.ts'

/** The questions of a page, asked of one plain table with its three indexes. */
export interface PlainQuestions {
  trace(turn: number): void
  chart(windowMs: number): void
  incidents(windowMs: number): void
  requests(): void
  failed(): void
  close(): void
}

const ROWS_PER_COMMIT = 10_000
const DAY_MS = 86_400_000
const BUCKETS = 60
const PAGE_ROWS = 50

/** A table with the rows of one day, the last of which has just ended. */
export async function fillPlainTable(file: string, rows: number): Promise<PlainQuestions> {
  const table = new PlainTable(file)
  const endUs = Date.now() * 1000
  const startUs = endUs - DAY_MS * 1000
  for (let written = 0; written < rows; written += ROWS_PER_COMMIT) {
    const count = Math.min(ROWS_PER_COMMIT, rows - written)
    const at = (share: number): number => startUs + share * (endUs - startUs)
    table.append(count, at(written / rows), at((written + count) / rows))
    showProgress(`writing ${rows.toLocaleString('en-US')} rows to a plain table: ${written}`)
    // For timers and signals.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
  return toQuestions(table, { rows, endUs })
}

function toQuestions(
  table: PlainTable,
  { rows, endUs }: { readonly rows: number; readonly endUs: number },
): PlainQuestions {
  const { database } = table
  const from = (windowMs: number): number => endUs - windowMs * 1000
  const traceOf = database.prepare<[number], { trace_hash: number; trace_id: Buffer }>(
    'SELECT trace_hash, trace_id FROM spans WHERE row = ?',
  )
  const trace = database.prepare('SELECT * FROM spans WHERE trace_hash = ? AND trace_id = ?')
  const chart = database.prepare(
    `SELECT (start_us - ?) / ? AS bucket, is_error, count(*) FROM spans
     WHERE start_us >= ? AND name = 'POST /v1/chat/completions' GROUP BY bucket, is_error`,
  )
  const incidents = database.prepare(
    `SELECT name, count(*), min(end_us), max(end_us) FROM spans
     WHERE is_error = 1 AND end_us >= ? GROUP BY name`,
  )
  const requests = database.prepare(
    `SELECT * FROM spans WHERE name = 'POST /v1/chat/completions'
     ORDER BY start_us DESC LIMIT ${PAGE_ROWS}`,
  )
  const failed = database.prepare(
    `SELECT * FROM spans WHERE is_error = 1 ORDER BY end_us DESC LIMIT ${PAGE_ROWS}`,
  )
  return {
    trace: (turn) => {
      const found = traceOf.get(1 + ((turn * 7919) % rows))
      trace.all(found?.trace_hash, found?.trace_id)
    },
    chart: (windowMs) => {
      chart.all(from(windowMs), (windowMs * 1000) / BUCKETS, from(windowMs))
    },
    incidents: (windowMs) => void incidents.all(from(windowMs)),
    requests: () => void requests.all(),
    failed: () => void failed.all(),
    close: () => table.close(),
  }
}
