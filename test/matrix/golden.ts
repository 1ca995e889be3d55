import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { judge } from '../../analyzer/rules/judge.ts'
import { assembleStories } from '../../analyzer/story/assemble.ts'
import type { AttributeValue, Span } from '../../analyzer/story/span.ts'
import type { RecordedCell } from './run-matrix.ts'
import type { SdkRead } from './sdk-reads.ts'

/**
 * A cell as one page of text: what the client got, the spans, and what the official clients made of
 * it. Ids, ports and hashes are numbered in the order in which they appear.
 */
export function renderCell(cell: RecordedCell, reads: readonly SdkRead[]): string {
  const { client, target, fault, at, chain, fallbacks, style } = cell.cell
  const behind = fallbacks.map((api, index) => {
    const fails = chain === 'nobody left' ? ' 503' : ''
    const cut = chain === 'breaks too' && index === 0 ? ' cut in text' : ''
    return `${api}${fails}${cut}`
  })
  const page = [
    `${client} client; ${target} target: ${fault.does}, ${at}`,
    `behind it: ${behind.length === 0 ? 'nobody' : `${behind.join(', then ')}; ${style}`}`,
    '',
    `HTTP ${cell.answer.statusCode}`,
    ...HEADERS.flatMap((name) => {
      const value = cell.answer.headers[name]
      return value === undefined ? [] : [`${name}: ${String(value)}`]
    }),
    '',
    cell.answer.body.trimEnd(),
    '',
    ...renderSpans(cell.spans),
    '',
    ...renderFindings(cell.spans),
    ...reads.map(({ name, kind, error }) => `${name}: ${kind}${error ? ` ${error}` : ''}`),
    '',
  ].join('\n')
  return numberIds(page)
}

const HEADERS = [
  'content-type',
  'retry-after',
  'x-should-retry',
  'x-secondwind-attempts',
  'x-secondwind-deployment',
  'x-secondwind-dropped',
]

/** The same for every cell of one client, or of no cell's making. */
const CONSTANT: ReadonlySet<string> = new Set([
  'secondwind.schema',
  'secondwind.api',
  'secondwind.stream',
  'secondwind.route',
  'secondwind.attempt.key_hash',
  'gen_ai.operation.name',
  'server.address',
  'server.port',
  'http.request.method',
  'http.route',
  'url.path',
])

function isConstant(key: string): boolean {
  return CONSTANT.has(key) || key.startsWith('secondwind.request.shape.')
}

function renderSpans(spans: readonly Span[]): readonly string[] {
  const request = spans.find((span) => span.kind === 'server')
  if (request === undefined) return ['no spans']
  return renderSpan(request, { all: spans, indent: '', said: new Set() })
}

/** What the analyzer makes of it. */
function renderFindings(spans: readonly Span[]): readonly string[] {
  const stories = assembleStories({ source: 'matrix', spans, routerConfig: undefined })
  return stories.flatMap((story) => [
    `story: ${story.outcome}`,
    ...judge(story).map(({ rule, severity }) => `finding: ${rule} (${severity})`),
  ])
}

interface Rendering {
  readonly all: readonly Span[]
  readonly indent: string
  /** Sentences that stand on the page already. */
  readonly said: Set<string>
}

/** Longer values than this are shown once; then by their beginning. */
const REPEATED_CHARS = 40

function renderSpan(span: Span, { all, indent, said }: Rendering): readonly string[] {
  const attributes = [...span.attributes]
    .filter(([key]) => !isConstant(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${indent} ${key.replace(/^secondwind\./, '')} ${render(value, said)}`)
  const children = all
    .filter(({ parentSpanId }) => parentSpanId === span.spanId)
    .toSorted((a, b) => orderOf(a) - orderOf(b))
  const status = span.status.code === 'error' ? ` ERROR ${render(span.status.message, said)}` : ''
  return [
    `${indent}${span.name}${status}`,
    ...attributes,
    ...children.flatMap((child) => renderSpan(child, { all, indent: `${indent}  `, said })),
  ]
}

/** Decisions come before the attempt that they lead to; the one that leads to none is the last. */
function orderOf(span: Span): number {
  const number = span.attributes.get('secondwind.attempt.number')
  if (number === undefined) return Number.POSITIVE_INFINITY
  const isDecision = span.name.startsWith('fallback ')
  return Number(number) * 4 + (isDecision ? 0 : span.name === 'stream' ? 2 : 1)
}

function render(value: AttributeValue, said: Set<string>): string {
  if (Array.isArray(value)) return `[${value.map(String).join(', ')}]`
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text.length <= REPEATED_CHARS) return text
  if (said.has(text)) return `${text.slice(0, REPEATED_CHARS / 2)}…`
  said.add(text)
  return text
}

/** Of the same length, so that counts of bytes stay true. */
function numberIds(page: string): string {
  const seen = new Map<string, string>()
  const numbered = page.replaceAll(
    /(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{24})(?![0-9a-f])/g,
    (id) => {
      const known = seen.get(id) ?? String(seen.size + 1).padStart(id.length, '0')
      seen.set(id, known)
      return known
    },
  )
  return numbered
    .replaceAll(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:port')
    .replaceAll(/\bc\d+-(?=\d\b)/g, '')
}

const FOLDER = fileURLToPath(new URL('./golden/', import.meta.url))

export const TABLE_PATH = 'README.md'

const WRITES_GOLDEN = process.env['SECONDWIND_GOLDEN'] === 'write'

export function readGolden(path: string): string | undefined {
  try {
    return readFileSync(FOLDER + path, 'utf8')
  } catch {
    // Not written yet.
    return undefined
  }
}

/** Writes a page down where that was asked for. */
export function settleGolden(path: string, text: string): void {
  if (!WRITES_GOLDEN) return
  mkdirSync(dirname(FOLDER + path), { recursive: true })
  writeFileSync(FOLDER + path, text)
}

/** Every file that has been written, by its path in the folder. */
export function goldenFiles(): readonly string[] {
  return readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(FOLDER.length))
}
