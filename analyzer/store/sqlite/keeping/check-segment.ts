import { messageOf } from '../../../message-of.ts'
import { openForReading, type SqliteDatabase } from '../open-database.ts'
import { walkParts } from '../packing/walk-parts.ts'
import { type ChunkOwner, splitChunk, sumOfChunk } from '../segments/chunk.ts'
import { readSeal } from '../segments/segment-meta.ts'
import { hasIds } from '../segments/stored-ids.ts'
import { checkPages } from './check-pages.ts'
import type { Part } from './part-files.ts'
import type { StoreProblem } from './store-problem.ts'

export interface CheckedSegment {
  /** That can be read. */
  readonly spans: number
  readonly problems: readonly StoreProblem[]
}

/** Everything in a segment is read once. */
export function checkSegment({ file, name }: Part): CheckedSegment {
  let database: SqliteDatabase | undefined
  try {
    database = openForReading(file.path)
    // One moment of it, whatever is written meanwhile.
    database.exec('BEGIN')
    const damage = checkPages(database)
    if (damage !== undefined) {
      return { spans: 0, problems: [{ kind: 'pages-damaged', file: name, detail: damage }] }
    }
    const found = file.kind === 'packed' ? checkPacked(database, name) : checkHot(database, name)
    const sealed = readSeal(database)?.spans
    const differs: readonly StoreProblem[] =
      sealed === undefined || sealed === found.counted
        ? []
        : [{ kind: 'counts-differ', file: name, expected: sealed, found: found.counted }]
    return { spans: found.spans, problems: [...found.problems, ...differs] }
  } catch (error: unknown) {
    const detail = messageOf(error)
    return { spans: 0, problems: [{ kind: 'unreadable', file: name, detail }] }
  } finally {
    database?.close()
  }
}

interface Found {
  readonly spans: number
  /** By the columns, whether or not they can be read. */
  readonly counted: number
  readonly problems: readonly StoreProblem[]
}

/** What is found wrong with chunks, counted rather than listed: there may be very many. */
class ChunkChecker {
  readonly #name: string
  readonly #contexts: ReadonlySet<number>
  #spans = 0
  #damagedSpans = 0
  #homeless = 0

  constructor(database: SqliteDatabase, name: string) {
    this.#name = name
    const ids = database.prepare<[], number>('SELECT id FROM contexts').pluck().all()
    this.#contexts = new Set(ids)
  }

  check(contextId: number, bytes: Buffer): void {
    const { spans, damaged } = splitChunk(bytes)
    const whole = spans.filter(hasIds).length
    this.#spans += whole
    this.#damagedSpans += spans.length - whole + (damaged ? 1 : 0)
    if (!this.#contexts.has(contextId)) this.#homeless += 1
  }

  lose(spans: number): void {
    this.#damagedSpans += spans
  }

  found(counted: number): Found {
    const file = this.#name
    const problems: StoreProblem[] = []
    if (this.#damagedSpans > 0) {
      problems.push({ kind: 'spans-damaged', file, spans: this.#damagedSpans })
    }
    if (this.#homeless > 0) {
      problems.push({ kind: 'context-missing', file, chunks: this.#homeless })
    }
    return { spans: this.#spans, counted, problems }
  }
}

interface HotRow extends ChunkOwner {
  readonly spans: number
  readonly sum: number
  readonly bytes: Buffer
}

function checkHot(database: SqliteDatabase, name: string): Found {
  const checker = new ChunkChecker(database, name)
  const chunks = database.prepare<[], HotRow>(
    `SELECT source_id AS sourceId, context_id AS contextId, received_ms AS receivedMs, spans, sum,
       bytes
     FROM chunks ORDER BY row`,
  )
  let counted = 0
  for (const { spans, sum, bytes, ...owner } of chunks.iterate()) {
    if (sum === sumOfChunk(bytes, owner)) checker.check(owner.contextId, bytes)
    else checker.lose(spans)
    counted += spans
  }
  return checker.found(counted)
}

function checkPacked(database: SqliteDatabase, name: string): Found {
  const checker = new ChunkChecker(database, name)
  /** By block: why, and how many spans were in it. */
  const damaged = new Map<number, { readonly why: string; readonly spans: number }>()
  let counted = 0
  for (const part of walkParts(database)) {
    counted += part.spans
    if (part.kind === 'damaged') {
      const spans = (damaged.get(part.blockId)?.spans ?? 0) + part.spans
      damaged.set(part.blockId, { why: part.why, spans })
    } else for (const { contextId, bytes } of part.chunks) checker.check(contextId, bytes)
  }
  const found = checker.found(counted)
  const blocks = [...damaged].map(
    ([id, { why, spans }]) =>
      ({ kind: 'block-damaged', file: name, detail: `block ${id} is ${why}`, spans }) as const,
  )
  return { ...found, problems: [...blocks, ...found.problems] }
}
