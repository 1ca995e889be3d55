import type { Span } from '../../analyzer/story/span.ts'
import { isRecord } from '../../demo/provider/protocols/protocol.ts'
import type { Cell } from './cells.ts'
import { readStream } from './read-stream.ts'
import type { Json, Shown } from './read-stream.ts'
import type { RecordedCell } from './run-matrix.ts'

/**
 * The invariants, asked of the bytes and never of a golden file: a cell that breaks one is wrong
 * however often it has been written down so.
 */
export interface Breach {
  readonly invariant:
    | 'silent truncation'
    | 'made-up terminator'
    | 'doubled or lost text'
    | 'replayed tool call'
    | 'one envelope'
    | 'one terminal'
    | 'error shown is the root cause'
    | 'outcome is what the bytes say'
    | 'spans agree with bytes'
    | 'grammar of the protocol'
    | 'every attempt is told'
    | 'every seam is told'
    | 'one model, one count of tokens'
    | 'the verdict is right'
    | 'hostile upstream'
    | 'sdk'
  readonly detail: string
}

/** One cell, read: what its client holds, and what its spans say of it. */
export interface Facts {
  readonly recorded: RecordedCell
  readonly cell: Cell
  readonly shown: Shown
  /** The error object of an HTTP error in the place of a stream. */
  readonly refusal: Json | undefined
  readonly complete: boolean
  /** The answer of the cell is a tool call. */
  readonly callsTool: boolean
  /** The scripted answer has no content at all. */
  readonly isEmpty: boolean
  readonly request: Span | undefined
  readonly attempts: readonly Span[]
}

const NOTHING_SHOWN: Shown = {
  text: '',
  toolCalls: [],
  envelopes: [],
  terminals: [],
  closings: 0,
  errors: [],
  errorObjects: [],
  usages: 0,
  tokens: {},
  models: new Set(),
  comments: [],
  flaws: [],
}

export function factsOf(recorded: RecordedCell): Facts {
  const { cell, answer, spans } = recorded
  const isStream = answer.statusCode === 200
  const shown = isStream ? readStream(cell.client, answer.body) : NOTHING_SHOWN
  const isWhole = cell.fault.reason(cell.at) === 'none'
  return {
    recorded,
    cell,
    shown,
    refusal: isStream ? undefined : errorIn(answer.body),
    complete: shown.terminals.length > 0,
    callsTool: cell.at === 'in a tool call',
    isEmpty: isWhole && cell.at === 'before content',
    request: spans.find((span) => span.kind === 'server'),
    attempts: spans
      .filter((span) => span.kind === 'client')
      .toSorted((a, b) => numberOf(a, 'attempt.number') - numberOf(b, 'attempt.number')),
  }
}

export function breach(invariant: Breach['invariant'], detail: string): Breach {
  return { invariant, detail }
}

export function numberOf(span: Span, key: string): number {
  return Number(span.attributes.get(`secondwind.${key}`) ?? 0)
}

export function show(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}

function errorIn(body: string): Json {
  const json: unknown = JSON.parse(body)
  const error = isRecord(json) ? json['error'] : undefined
  return isRecord(error) ? error : {}
}

export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : 'nothing'
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

/** An attribute of ours. */
export function told(span: Span | undefined, key: string): unknown {
  return span?.attributes.get(`secondwind.${key}`)
}
