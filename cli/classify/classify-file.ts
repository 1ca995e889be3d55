import type { RuleOptions } from '../../analyzer/rules/rule-options.ts'
import { isRecognised } from '../../analyzer/story/assemble.ts'
import { cannotShow } from '../../analyzer/story/cannot-show.ts'
import type { RouterConfig } from '../../analyzer/story/router-config.ts'
import { senderOf } from '../../analyzer/story/sender.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { judgeSpans, type Judged } from './judge-spans.ts'
import { describeRejected, readSpans, type SpanFile } from './read-spans.ts'

export interface ClassifyFile extends SpanFile {
  readonly routerConfig: RouterConfig | undefined
  readonly ruleOptions: RuleOptions
}

export type FileResult =
  | ({
      readonly kind: 'classified'
      /** The file, or `-`. */
      readonly source: string
      /** In sentences: what spans like these cannot show, whatever happened. */
      readonly cannotShow: readonly string[]
      /** What the reader should know although the file was read; for stderr. */
      readonly notes: readonly string[]
      readonly rejectedSpans: number
    } & Judged)
  | { readonly kind: 'unreadable'; readonly message: string }

/** A file is a world of its own: its spans are never joined with another file's. */
export async function classifyFile(file: ClassifyFile): Promise<FileResult> {
  const read = await readSpans(file)
  if (read.kind === 'unreadable') {
    return { kind: 'unreadable', message: `${nameOf(file)}: ${read.message}` }
  }
  const { path: source, routerConfig, ruleOptions } = file
  const judged = judgeSpans({ source, spans: read.spans, routerConfig, ruleOptions })
  const notes = [
    ...(read.rejected === 0 ? [] : [describeRejected(read)]),
    ...(judged.requests.length === 0 ? [describeEmpty(read.spans)] : []),
  ]
  return {
    kind: 'classified',
    source,
    ...judged,
    cannotShow: cannotShow(judged.requests.map(({ story }) => senderOf(story))),
    notes: notes.map((note) => `${nameOf(file)}: ${note}`),
    rejectedSpans: read.rejected,
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

function nameOf({ path }: ClassifyFile): string {
  return path === '-' ? 'stdin' : path
}
