import {
  type Document,
  LineCounter,
  type ParsedNode,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml'
import type { Path, PathPart } from './config-path.ts'

/** Where something stands in the file, counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
  /** Absent: the main file; an included one has its own lines. */
  readonly file?: string
}

/** A YAML file's value, and where each part of it stands. */
export interface YamlSource {
  readonly value: unknown
  /** Of the key at the end of `path`, else of the nearest thing around it. */
  locate(path: Path): Position | undefined
}

export type ParsedYaml =
  | {
      readonly kind: 'parsed'
      readonly source: YamlSource
      /** Keys that a map has twice: LiteLLM's parser takes the last without a word. */
      readonly duplicates: readonly Position[]
    }
  | {
      readonly kind: 'invalid'
      readonly errors: readonly { readonly message: string; readonly position?: Position }[]
    }

/** More than any configuration has; a file of nothing but aliases unfolds to gigabytes. */
const ALIASES_MAX = 1000

export function parseYaml(text: string): ParsedYaml {
  const strict = parse(text, true)
  const duplicates = strict.document.errors.filter(({ code }) => code === 'DUPLICATE_KEY')
  const isLenient = duplicates.length > 0 && duplicates.length === strict.document.errors.length
  const { document, lineCounter } = isLenient ? parse(text, false) : strict
  const toPosition = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset)
    return { line, column: col }
  }
  if (document.errors.length > 0) {
    return {
      kind: 'invalid',
      errors: document.errors.map((error) => ({
        message: withoutQuotes(error.message),
        position: toPosition(error.pos[0]),
      })),
    }
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX })
    const locate = (path: Path) => {
      const offset = findOffset(document, path)
      return offset === undefined ? undefined : toPosition(offset)
    }
    return {
      kind: 'parsed',
      source: { value, locate },
      duplicates: duplicates.map((error) => toPosition(error.pos[0])),
    }
  } catch {
    // The parser's message quotes the alias, which may be a key that begins with a star.
    const message = 'an alias (*name) stands for no anchor, or aliases unfold beyond all measure'
    return { kind: 'invalid', errors: [{ message }] }
  }
}

function parse(text: string, uniqueKeys: boolean) {
  const lineCounter = new LineCounter()
  // `<<` is YAML 1.1, which LiteLLM's parser reads and its users' files use.
  const options = { lineCounter, prettyErrors: false, merge: true, uniqueKeys } as const
  return { document: parseDocument(text, options), lineCounter }
}

/** The parser quotes what it did not expect, which may be a key that lost its place. */
function withoutQuotes(message: string): string {
  return message.replace(/:? ".*$/s, '')
}

function findOffset(document: Document.Parsed, path: Path): number | undefined {
  let node: unknown = document.contents
  let offset = isNode(node) ? node.range?.[0] : undefined
  for (const part of path) {
    const step = findPart(node, part)
    // What a merge or an alias brought in stands elsewhere: the place that asked for it will do.
    if (step === undefined) return offset
    node = step.node
    offset = step.offset ?? offset
  }
  return offset
}

function findPart(
  parent: unknown,
  part: PathPart,
): { readonly node: unknown; readonly offset: number | undefined } | undefined {
  if (isSeq<ParsedNode>(parent) && typeof part === 'number') {
    const node = parent.items[part]
    return node === undefined ? undefined : { node, offset: node.range[0] }
  }
  if (!isMap(parent)) return undefined
  // Of two pairs of one key the last holds.
  for (const pair of parent.items.toReversed()) {
    if (!isPair(pair) || !isScalar(pair.key) || String(pair.key.value) !== String(part)) continue
    return { node: pair.value, offset: pair.key.range?.[0] }
  }
  return undefined
}
