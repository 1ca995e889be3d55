import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolderWriter } from './analyzer/folder-writer.ts'
import { packFolder } from './analyzer/pack-folder.ts'
import { atMost } from './goal.ts'
import { Report, showProgress } from './report.ts'
import { toBatches } from './spans/batch.ts'
import type { JsonExport } from './spans/otlp-json.ts'
import { litellmTrace, plainTrace, typicalTrace } from './spans/shapes.ts'
import { renew } from './spans/template.ts'

/** What a span takes on disk as it came and packed, and what packing it costs, shape by shape. */

const SHAPES: ReadonlyMap<string, () => JsonExport> = new Map([
  ['24 attributes, 930 bytes', plainTrace],
  ['a LiteLLM proxy, stripped', litellmTrace],
  ['a usual day', typicalTrace],
])
const COLUMNS = ['hot', 'packed', 'us'] as const
const SPANS = Number(process.argv[2] ?? 100_000)
const SPANS_PER_COMMIT = 512
const TEMPLATES = 200
/** After so long the next file is begun, whatever is in this one. */
const LATER_MS = 2 * 86_400_000

const report = new Report<(typeof COLUMNS)[number]>(COLUMNS, {
  titles: { hot: 'as they came', packed: 'packed', us: 'µs per span' },
  goalTitle: 'goal',
})
for (const [name, draw] of SHAPES) {
  const folder = mkdtempSync(join(tmpdir(), 'secondwind-bench-'))
  try {
    writeFile(folder, draw)
    const { spans, bytes, bytesBefore, seconds } = packFolder(folder)
    const values = new Map([
      ['hot', bytesBefore / spans] as const,
      ['packed', bytes / spans] as const,
      ['us', (seconds * 1e6) / spans] as const,
    ])
    const goals = [atMost(400, 'bytes/span', (of) => of.get('packed'))]
    report.row({ name, unit: 'bytes/span', digits: 0, goals }, values)
  } finally {
    showProgress('')
    rmSync(folder, { recursive: true })
  }
}
report.close()

/** One full file, and the beginning of the next, which is never packed. */
function writeFile(folder: string, draw: () => JsonExport): void {
  const batch = { spans: SPANS_PER_COMMIT, encoding: 'protobuf', count: TEMPLATES } as const
  const templates = toBatches(draw, batch)
  const writer = openFolderWriter(folder)
  const startMs = Date.now()
  const append = (turn: number, atMs: number): void => {
    const template = templates[turn % templates.length]
    if (template === undefined) throw new Error('there is no template')
    const body = Buffer.from(template.body)
    renew(body, template, atMs)
    writer.append(body, atMs)
  }
  const turns = Math.ceil(SPANS / SPANS_PER_COMMIT)
  for (let turn = 0; turn < turns; turn += 1) {
    append(turn, startMs + turn)
    showProgress(`writing: ${turn * SPANS_PER_COMMIT} spans`)
  }
  append(0, startMs + LATER_MS)
  writer.close()
}
