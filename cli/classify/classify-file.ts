import { createReadStream } from 'node:fs'

import { DOCUMENT_BYTES_MAX, decodeDocument } from './decode-document.ts'
import { judge } from '../../analyzer/rules/judge.ts'
import type { RuleOptions } from '../../analyzer/rules/rule-options.ts'
import type { RuledFinding } from '../../analyzer/rules/rule.ts'
import { tellWindows, type ToldRun } from '../../analyzer/rules/window/tell-windows.ts'
import { assembleStories, isRecognised } from '../../analyzer/story/assemble.ts'
import { cannotShow } from '../../analyzer/story/cannot-show.ts'
import type { RouterConfig } from '../../analyzer/story/router-config.ts'
import { senderOf } from '../../analyzer/story/sender.ts'
import type { Span } from '../../analyzer/story/span.ts'
import type { Story } from '../../analyzer/story/story.ts'
import { describeReadError } from '../describe-read-error.ts'

export interface ClassifyFile {
  /** A path, or `-` for stdin. */
  readonly path: string
  readonly routerConfig: RouterConfig | undefined
  readonly ruleOptions: RuleOptions
  readonly salt: Uint8Array
  readonly stdin: NodeJS.ReadableStream
}

/** One request of a file, with what the rules found. */
export interface Classified {
  readonly story: Story
  readonly findings: readonly RuledFinding[]
}

export type FileResult =
  | {
      readonly kind: 'classified'
      readonly requests: readonly Classified[]
      /** What they show together. */
      readonly windows: readonly ToldRun[]
      /** In sentences: what spans like these cannot show, whatever happened. */
      readonly cannotShow: readonly string[]
      /** What the reader should know although the file was read; for stderr. */
      readonly notes: readonly string[]
      readonly rejectedSpans: number
      /** Rules that threw: a defect of ours. */
      readonly brokenRules: readonly string[]
    }
  | { readonly kind: 'unreadable'; readonly message: string }

/** A file is a world of its own: its spans are never joined with another file's. */
export async function classifyFile(file: ClassifyFile): Promise<FileResult> {
  const read = await readBytes(file)
  if (typeof read === 'string') return { kind: 'unreadable', message: `${nameOf(file)}: ${read}` }
  const decoded = decodeDocument(read, { salt: file.salt })
  if (decoded.kind === 'malformed') {
    return { kind: 'unreadable', message: `${nameOf(file)}: not traces: ${decoded.message}` }
  }
  const { path: source, routerConfig, ruleOptions } = file
  const brokenRules = new Set<string>()
  const stories = assembleStories({ source, spans: decoded.spans, routerConfig })
  const requests = stories.map((story) => ({
    story,
    findings: judge(story, {
      options: ruleOptions,
      onRuleError: (rule) => brokenRules.add(rule.id),
    }),
  }))
  const windows = tellWindows(stories, {
    options: ruleOptions.windows,
    onRuleError: (rule) => brokenRules.add(rule.id),
  })
  const notes = [
    ...(decoded.rejected === 0 ? [] : [rejectedNote(decoded.rejected, decoded.reasons)]),
    ...(requests.length === 0 ? [emptyNote(decoded.spans)] : []),
  ]
  return {
    kind: 'classified',
    requests,
    windows,
    cannotShow: cannotShow(stories.map(senderOf)),
    notes: notes.map((note) => `${nameOf(file)}: ${note}`),
    rejectedSpans: decoded.rejected,
    brokenRules: [...brokenRules],
  }
}

/** The bytes, or why there are none. */
async function readBytes({ path, stdin }: ClassifyFile): Promise<Uint8Array | string> {
  const stream = path === '-' ? stdin : createReadStream(path)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      size += bytes.length
      if (size > DOCUMENT_BYTES_MAX) {
        return `larger than ${DOCUMENT_BYTES_MAX / 1024 / 1024} MiB; split it`
      }
      chunks.push(bytes)
    }
  } catch (error: unknown) {
    return describeReadError(error)
  }
  return Buffer.concat(chunks)
}

function rejectedNote(rejected: number, reasons: Readonly<Record<string, number>>): string {
  const list = Object.entries(reasons).map(([reason, count]) => `${count} ${reason}`)
  return `${rejected} spans were left out: ${list.join(', ')}`
}

/** Nothing to tell is told apart from nothing understood. */
function emptyNote(spans: readonly Span[]): string {
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
