import { createHash } from 'node:crypto'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { ProtobufReader } from '../../../collector/telemetry/protobuf-reader.ts'
import { saltedFolder } from './kill-runs.ts'
import type { SentSpan } from './traffic.ts'

/** As release 0.1.0 made it: one row for each span, one file for all of them. */
const SPANS_SCHEMA = `
  CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    spans INTEGER NOT NULL DEFAULT 0,
    last_received_ms INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE contexts (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE spans (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    trace_id BLOB NOT NULL,
    span_id BLOB NOT NULL,
    source_id INTEGER NOT NULL,
    context_id INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    is_error INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX spans_by_id ON spans (trace_id, span_id);
  CREATE INDEX spans_by_start ON spans (source_id, start_ns);
  CREATE INDEX spans_failed_by_end ON spans (source_id, end_ns) WHERE is_error = 1;
  CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) STRICT;
  INSERT INTO counters VALUES ('stored', 0), ('rejected', 0);
  INSERT INTO sources VALUES (1, 'default', 0, 0);
  PRAGMA user_version = 1;
`

/** A folder of that release with these spans in it; what was recorded as JSON is left out. */
export function oldFolder(spans: readonly SentSpan[], receivedMs: number): string {
  const dataDir = saltedFolder()
  const database = new Database(join(dataDir, 'spans.db'))
  database.pragma('auto_vacuum = INCREMENTAL')
  database.pragma('journal_mode = WAL')
  database.exec(SPANS_SCHEMA)
  database.transaction(() => insertAll(database, { spans, receivedMs }))()
  database.close()
  return dataDir
}

function insertAll(
  database: Database.Database,
  { spans, receivedMs }: { readonly spans: readonly SentSpan[]; readonly receivedMs: number },
): void {
  const contexts = new Map<string, number>()
  const addContext = database.prepare('INSERT INTO contexts VALUES (?, ?, ?)')
  const addSpan = database.prepare('INSERT INTO spans VALUES (NULL, ?, ?, 1, ?, ?, ?, ?, ?, ?)')
  for (const { traceId, spanId, told, protobuf } of spans) {
    if (protobuf === undefined) throw new Error('what was recorded is JSON')
    const { context, span } = openRequest(protobuf)
    const hash = createHash('sha256').update(context).digest()
    const id = contexts.get(hash.toString('hex')) ?? contexts.size + 1
    if (id > contexts.size) addContext.run(id, hash, context)
    contexts.set(hash.toString('hex'), id)
    const [, , start = '0', end = '0'] = told.split('|')
    addSpan.run(
      Buffer.from(traceId, 'hex'),
      Buffer.from(spanId, 'hex'),
      id,
      receivedMs,
      BigInt(start),
      BigInt(end),
      0,
      span,
    )
  }
  database.prepare("UPDATE counters SET value = ? WHERE name = 'stored'").run(spans.length)
  database
    .prepare('UPDATE sources SET spans = ?, last_received_ms = ?')
    .run(spans.length, receivedMs)
}

/** Of a request with one span: that, and its resource and scope as a message of fields 1 and 2. */
function openRequest(request: Buffer): { readonly context: Buffer; readonly span: Buffer } {
  const resourceSpans = field(request, 1)
  const scopeSpans = field(resourceSpans, 2)
  return {
    context: Buffer.concat([
      lengthPrefixed(0x0a, field(resourceSpans, 1)),
      lengthPrefixed(0x12, field(scopeSpans, 1)),
    ]),
    span: Buffer.from(field(scopeSpans, 2)),
  }
}

/** The first one of this number; all fields of these messages have a length. */
function field(message: Uint8Array, wanted: number): Uint8Array {
  const reader = new ProtobufReader(message)
  while (!reader.atEnd) {
    const tag = reader.varint()
    const bytes = reader.bytes()
    if (tag >>> 3 === wanted) return bytes
  }
  throw new Error(`there is no field ${wanted}`)
}

function lengthPrefixed(tag: number, bytes: Uint8Array): Buffer {
  if (bytes.length >= 2 ** 14) throw new Error('the length takes more than two bytes')
  const length =
    bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]
  return Buffer.concat([Buffer.from([tag, ...length]), bytes])
}
