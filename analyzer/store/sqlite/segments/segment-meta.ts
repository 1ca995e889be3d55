import { crc32 } from 'node:zlib'

import type { Statement } from 'better-sqlite3'

import { AnalyzerError } from '../../../errors.ts'
import type { UsRange } from '../../us-range.ts'
import type { SqliteDatabase } from '../open-database.ts'
import type { HashKey } from './id-hash.ts'
import { IdFilter } from './id-filter.ts'
import type { FilterName, SegmentSeal } from './segment.ts'

/** The table `meta`, which stands in segments of either kind. */
export interface SegmentBirth {
  readonly createdMs: number
  readonly hashKey: HashKey
}

const BIRTH = ['created_ms', 'hash_low', 'hash_high'] as const
const FILTERS = { spans: 'span_filter', traces: 'trace_filter' } as const

export function writeBirth(database: SqliteDatabase, { createdMs, hashKey }: SegmentBirth): void {
  put(database, { created_ms: createdMs, hash_low: hashKey.low, hash_high: hashKey.high })
}

/** Undefined where the segment was made, but nothing of it committed. */
export function readBirth(database: SqliteDatabase): SegmentBirth | undefined {
  const [createdMs, low, high] = BIRTH.map((key) => number(database, key))
  if (createdMs === undefined || low === undefined || high === undefined) return undefined
  return { createdMs, hashKey: { low, high } }
}

/** It is born before its first chunk: without the key of its hashes nothing is found in it. */
export function expectNoChunks(database: SqliteDatabase, path: string): void {
  if (database.prepare('SELECT 1 FROM chunks LIMIT 1').get() === undefined) return
  throw new AnalyzerError('ANALYZER_DATA_DAMAGED', {
    message: `${path} is damaged: it does not say when it was begun`,
    hint: 'Start the analyzer: what can be read of it is stored again.',
  })
}

export interface SealToWrite extends SegmentSeal {
  readonly filters: Readonly<Record<FilterName, IdFilter>>
}

/** Within a transaction of the caller's: sealed with all of it, or not at all. */
export function writeSeal(database: SqliteDatabase, seal: SealToWrite): void {
  const { starts, failures, filters } = seal
  put(database, {
    last_received_ms: seal.lastReceivedMs,
    spans: seal.spans,
    ...(starts === undefined ? {} : { start_from_us: starts.fromUs, start_to_us: starts.toUs }),
    ...(failures === undefined
      ? {}
      : { failed_from_us: failures.fromUs, failed_to_us: failures.toUs }),
    ...withSum(FILTERS.spans, filters.spans.toBytes()),
    ...withSum(FILTERS.traces, filters.traces.toBytes()),
    sealed_ms: seal.sealedMs,
  })
}

export function readSeal(database: SqliteDatabase): SegmentSeal | undefined {
  const sealedMs = number(database, 'sealed_ms')
  if (sealedMs === undefined) return undefined
  return {
    sealedMs,
    lastReceivedMs: number(database, 'last_received_ms') ?? 0,
    spans: number(database, 'spans') ?? 0,
    starts: range(database, ['start_from_us', 'start_to_us']),
    failures: range(database, ['failed_from_us', 'failed_to_us']),
  }
}

/** None where it is not what was written: it would say of what is there that it is not. */
export function readFilter(database: SqliteDatabase, of: FilterName): IdFilter | undefined {
  const value = get(database, FILTERS[of])
  if (!(value instanceof Uint8Array) || number(database, sumOf(FILTERS[of])) !== crc32(value)) {
    return undefined
  }
  return IdFilter.from(value)
}

function withSum(key: string, bytes: Uint8Array): Readonly<Record<string, MetaValue>> {
  return { [key]: bytes, [sumOf(key)]: crc32(bytes) }
}

function sumOf(key: string): string {
  return `${key}_sum`
}

function range(
  database: SqliteDatabase,
  [from, to]: readonly [string, string],
): UsRange | undefined {
  const fromUs = number(database, from)
  const toUs = number(database, to)
  return fromUs === undefined || toUs === undefined ? undefined : { fromUs, toUs }
}

type MetaValue = number | Uint8Array

function put(database: SqliteDatabase, values: Readonly<Record<string, MetaValue>>): void {
  const statement = database.prepare<[string, MetaValue]>(
    'INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  for (const [key, value] of Object.entries(values)) statement.run(key, value)
}

/** Asked of an open segment with every question; to prepare it takes longer than to run it. */
const statements = new WeakMap<SqliteDatabase, Statement<[string]>>()

function get(database: SqliteDatabase, key: string): unknown {
  const known = statements.get(database)
  if (known !== undefined) return known.get(key)
  const statement = database.prepare<[string]>('SELECT value FROM meta WHERE key = ?').pluck()
  statements.set(database, statement)
  return statement.get(key)
}

function number(database: SqliteDatabase, key: string): number | undefined {
  const value = get(database, key)
  return typeof value === 'number' ? value : undefined
}
