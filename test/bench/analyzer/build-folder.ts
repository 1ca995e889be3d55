import { showProgress } from '../report.ts'
import { toBatches } from '../spans/batch.ts'
import { typicalTrace } from '../spans/shapes.ts'
import { renew } from '../spans/template.ts'
import { openFolderWriter } from './folder-writer.ts'

/** One commit's worth, as the ingest thread gathers it. */
const SPANS_PER_COMMIT = 512
const TEMPLATES = 200
const DAY_MS = 86_400_000
const COMMITS_AT_ONCE = 64

/** What has been written, and when. */
export interface Mark {
  readonly spans: number
  readonly atMs: number
}

export interface BuiltFolder {
  /** One after each commit. */
  readonly marks: readonly Mark[]
  /** Of traces all over the folder, the oldest first. */
  readonly traceIds: readonly string[]
}

/** Writes the spans of a day, the last of which has just ended, as fast as the program can. */
export async function buildFolder(dataDir: string, spans: number): Promise<BuiltFolder> {
  const templates = toBatches(typicalTrace, {
    spans: SPANS_PER_COMMIT,
    encoding: 'protobuf',
    count: TEMPLATES,
  })
  const writer = openFolderWriter(dataDir)
  const startMs = Date.now() - DAY_MS
  const marks: Mark[] = [{ spans: 0, atMs: performance.now() }]
  const traceIds: string[] = []
  let written = 0
  for (let turn = 0; written < spans; turn += 1) {
    const template = templates[turn % templates.length]
    if (template === undefined) throw new Error('there is no template')
    const atMs = Math.floor(startMs + (DAY_MS * written) / spans)
    // A copy, as the body of a request is one: the writer may keep parts of it until it returns.
    const body = Buffer.from(template.body)
    renew(body, template, atMs)
    written += writer.append(body, atMs)
    marks.push({ spans: written, atMs: performance.now() })
    const at = template.traceIds[turn % template.traceIds.length]?.[0] ?? 0
    traceIds.push(body.toString('hex', at, at + 16))
    if (turn % COMMITS_AT_ONCE !== 0) continue
    showProgress(`writing ${spans.toLocaleString('en-US')} spans: ${written} are on disk`)
    await nextTurn()
  }
  writer.close()
  return { marks, traceIds }
}

/** For timers and signals: Ctrl-C must not wait for ten million spans. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Spans per second while the count went from one to the other. */
export function rateBetween(marks: readonly Mark[], from: number, to: number): number | undefined {
  const first = marks.findLast(({ spans }) => spans <= from)
  const last = marks.find(({ spans }) => spans >= to)
  if (first === undefined || last === undefined) return undefined
  return ((last.spans - first.spans) * 1000) / (last.atMs - first.atMs)
}
