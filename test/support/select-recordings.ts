import { judge } from '../../analyzer/rules/judge.ts'
import type { RuledFinding } from '../../analyzer/rules/rule.ts'
import type { Span } from '../../analyzer/story/span.ts'
import type { Story } from '../../analyzer/story/story.ts'
import { loadRecordings, tellRecording, type Recording } from './litellm-recordings.ts'

/** A recording, what is told of it, and what is found. */
export interface Told {
  readonly recording: Recording
  readonly stories: readonly Story[]
  /** The only one. */
  readonly story: Story
  readonly findings: readonly RuledFinding[]
}

let all: readonly Recording[] | undefined

/** Those that show a trap; a test of none would hold nothing. */
export function recordingsWhere(
  mode: RegExp,
  shows: (recording: Recording) => boolean,
): readonly Recording[] {
  all ??= loadRecordings()
  const found = all.filter((recording) => mode.test(recording.mode) && shows(recording))
  if (found.length === 0) throw new Error(`no recording of ${mode.source} shows it`)
  return found
}

export function toldWhere(mode: RegExp, shows: (recording: Recording) => boolean): readonly Told[] {
  return recordingsWhere(mode, shows).map(tellOne)
}

export function tellOne(recording: Recording): Told {
  const stories = tellRecording(recording)
  const [story] = stories
  if (story === undefined || stories.length > 1) {
    throw new Error(`${recording.id} is told as ${stories.length} requests`)
  }
  return { recording, stories, story, findings: judge(story) }
}

/** The same with its spans changed; those for which nothing comes back are left out. */
export function changed(recording: Recording, change: (span: Span) => Span | undefined): Recording {
  return { ...recording, spans: recording.spans.flatMap((span) => change(span) ?? []) }
}

export function withAttributes(span: Span, attributes: Readonly<Record<string, string>>): Span {
  return { ...span, attributes: new Map([...span.attributes, ...Object.entries(attributes)]) }
}

/** Attempts that have a span, in the order in which they ended. */
export function callSpans({ spans }: Recording): readonly Span[] {
  return spans
    .filter(
      ({ name, kind, attributes }) =>
        name === 'litellm_request' ||
        (kind === 'client' && attributes.has('gen_ai.operation.name')),
    )
    .toSorted((left, right) => (left.endTimeNs < right.endTimeNs ? -1 : 1))
}

export function serverOf({ spans }: Recording): Span | undefined {
  return spans.find(({ kind }) => kind === 'server')
}
