import type { WireUnread } from '../../analyzer/api/wire.ts'
import type { RuleOptions } from '../../analyzer/rules/rule-options.ts'
import { isRecognised } from '../../analyzer/story/assemble.ts'
import { cannotShow } from '../../analyzer/story/cannot-show.ts'
import type { RouterConfig } from '../../analyzer/story/router-config.ts'
import { senderOf } from '../../analyzer/story/sender.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { Problems } from '../span-files/problems.ts'
import { judgeSpans, type Judged } from './judge-spans.ts'
import { describeUnread, readSpans, sumOf, type ReadSpans, type SpanFile } from './read-spans.ts'

export interface ClassifyFile extends SpanFile {
  readonly routerConfig: RouterConfig | undefined
  readonly ruleOptions: RuleOptions
}

export interface ClassifiedFile extends Judged, Omit<ReadSpans, 'spans'> {
  /** The file, or `-`. */
  readonly source: string
  /** Whether anything of it could be read. */
  readonly isRead: boolean
  /** In sentences: what spans like these cannot show, whatever happened. */
  readonly cannotShow: readonly string[]
  /** What the reader should know beside the verdicts; for stderr. */
  readonly notes: readonly string[]
}

/** A file is a world of its own: its spans are never joined with another file's. */
export async function classifyFile(file: ClassifyFile): Promise<ClassifiedFile> {
  const { path: source, routerConfig, ruleOptions } = file
  const { spans, problems, rejected } = await readSpans(file)
  const judged = judgeSpans({ source, spans, routerConfig, ruleOptions })
  const isRead = spans.length > 0 || problems.count === 0
  const isEmpty = isRead && judged.requests.length === 0
  const notes = [
    ...describeUnread({ problems, rejected }),
    ...(isEmpty ? [describeEmpty(spans)] : []),
    ...judged.brokenRules.map((rule) => `the rule ${rule} failed; please report this`),
  ]
  const name = source === '-' ? 'stdin' : source
  return {
    source,
    isRead,
    problems,
    rejected,
    ...judged,
    cannotShow: cannotShow(judged.requests.map(({ story }) => senderOf(story))),
    notes: notes.map((note) => `${name}: ${note}`),
  }
}

/** Of a folder that was named and holds no file: most likely not the one that was meant. */
export function emptyFolder(source: string): ClassifiedFile {
  const problem = 'there is no file in this folder'
  const problems = new Problems()
  problems.add(problem)
  return {
    source,
    isRead: false,
    problems,
    rejected: new Map(),
    requests: [],
    windows: [],
    brokenRules: [],
    cannotShow: [],
    notes: [`${source}: ${problem}`],
  }
}

/** Undefined where all of the file was read. */
export function toWireUnread({
  source,
  problems,
  rejected,
}: Pick<ClassifiedFile, 'source' | 'problems' | 'rejected'>): WireUnread | undefined {
  if (problems.count === 0 && rejected.size === 0) return undefined
  return {
    source,
    problemCount: problems.count,
    problems: problems.first,
    rejected: sumOf(rejected),
    rejectedReasons: Object.fromEntries(rejected),
  }
}

/** Nothing to tell is told apart from nothing understood. */
export function describeEmpty(spans: readonly Span[]): string {
  if (spans.length === 0) return 'it holds no spans'
  if (spans.some(isRecognised)) {
    return `no request in its ${spans.length} spans: what they tell of is health checks, admin pages, embeddings or tools`
  }
  const scopes = [...new Set(spans.map((span) => span.scope.name || '(none)'))].slice(0, 5)
  return `no request in its ${spans.length} spans: none is of LiteLLM or the sidecar, or keeps to the GenAI convention or to OpenInference (scopes: ${scopes.join(', ')})`
}
