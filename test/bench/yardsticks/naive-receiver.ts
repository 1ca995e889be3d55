import { createServer } from 'node:http'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import {
  decodeExport,
  type DecodedExport,
  type DecodedKeyValue,
  type DecodedSpan,
} from './protobufjs.ts'

/**
 * The receiver that anyone would write first: protobufjs makes objects of the body, attributes
 * become JSON text, every span is a row, all on the main thread. Durable as ours is: it commits
 * with `synchronous=FULL` before it answers. A process of its own; says its port.
 */
const SCHEMA = `
  CREATE TABLE spans (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_span_id TEXT, name TEXT, kind INTEGER,
    start_ns INTEGER, end_ns INTEGER, status INTEGER, service TEXT, attributes TEXT, events TEXT,
    UNIQUE (trace_id, span_id)
  );
  CREATE INDEX spans_by_start ON spans (start_ns);
  CREATE INDEX spans_by_status ON spans (status, end_ns);
`

const database = new Database(join(process.argv[2] ?? '.', 'naive.db'))
database.pragma('journal_mode = WAL')
database.pragma('synchronous = FULL')
database.exec(SCHEMA)
const insert = database.prepare(
  'INSERT OR IGNORE INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
)

const store = database.transaction((decoded: DecodedExport) => {
  for (const { resource, scopeSpans } of decoded.resourceSpans) {
    const service = toObject(resource?.attributes ?? [])['service.name']
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) insertSpan(span, String(service))
  }
})

function insertSpan(span: DecodedSpan, service: string): void {
  insert.run(
    span.traceId.toString('hex'),
    span.spanId.toString('hex'),
    span.parentSpanId?.toString('hex') ?? null,
    span.name,
    span.kind,
    BigInt(span.startTimeUnixNano),
    BigInt(span.endTimeUnixNano),
    span.status?.code ?? 0,
    service,
    JSON.stringify(toObject(span.attributes)),
    JSON.stringify(span.events),
  )
}

function toObject(attributes: readonly DecodedKeyValue[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const { key, value } of attributes) object[key] = Object.values(value ?? {})[0]
  return object
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    store.immediate(decodeExport(Buffer.concat(chunks)))
    response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 })
    response.end()
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') process.stdout.write(`${String(address?.port)}\n`)
})
