import { bare } from './bare-text.ts'

/**
 * What the beginning of a new stream shows about where it stands in the answer. Everything here
 * compares bare text (white space aside) and only ever looks at the stream's very beginning, or
 * behind its opening words ("Sure! Continuing:"): the same words later on may belong to the text.
 */

/** A start-over is told by this many characters of the delivered text, or by all where shorter. */
const START_OVER_CHARS = 40
/** A shorter repetition of the delivered tail is too likely to be part of what comes next. */
export const REPETITION_CHARS_MIN = 20
/** How far back a repetition may begin: two pages; a bound on work, not on what models do. */
const TAIL_CHARS_MAX = 8192
/** A model that addresses its reader does it in one line; a longer one is text. */
const OPENER_CHARS_MAX = 160
/** What closes a clause; a colon or a full stop inside a word does not. */
const CLAUSE_END = /[:.!?…]\s+/g

export interface DeliveredText {
  readonly bare: string
  readonly anchor: string
  /** The anchor's words stand nowhere else near the end: said twice, they are an echo. */
  readonly isAnchorUnique: boolean
  /**
   * What a new stream must equal to be called a start-over; empty where that would tell nothing:
   * who was asked for no anchor may well go on with the words that a refrain began with.
   */
  readonly beginning: string
  readonly tail: string
  /**
   * Its last words stand in it once. Of a table, a refrain or a row of noughts nobody can tell
   * whether a target repeats it or goes on with it.
   */
  readonly isTailUnique: boolean
}

export function readDelivered(text: string, anchor: string | undefined): DeliveredText {
  const all = bare(text)
  const bareAnchor = bare(anchor ?? '')
  const tail = all.slice(-TAIL_CHARS_MAX)
  const beginning = bare(text.slice(0, START_OVER_CHARS))
  const tellsStart = bareAnchor !== '' || all.indexOf(beginning, 1) < 0
  return {
    bare: all,
    anchor: bareAnchor,
    isAnchorUnique: bareAnchor.length >= REPETITION_CHARS_MIN && endsOnceWith(tail, bareAnchor),
    beginning: tellsStart ? beginning : '',
    tail,
    isTailUnique: endsOnceWith(tail, tail.slice(-REPETITION_CHARS_MIN)),
  }
}

export type Evidence =
  /** The first `bareChars` of the new stream repeat the anchor; `isEchoed`: twice. */
  | { readonly kind: 'anchor'; readonly bareChars: number; readonly isEchoed: boolean }
  /** It starts over, `skip` characters of opening words aside. */
  | { readonly kind: 'start-over'; readonly skip: number }
  /** It repeats the end of what was delivered. */
  | { readonly kind: 'repetition'; readonly bareChars: number }
  /** It is still a prefix of one of these. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'none' }

const PENDING: Evidence = { kind: 'pending' }
const NONE: Evidence = { kind: 'none' }

export function readEvidence(text: string, delivered: DeliveredText, isWhole: boolean): Evidence {
  const direct = readHead(bare(text), delivered, isWhole)
  // Who was not asked to begin with an anchor has nobody to address.
  if (direct.kind !== 'none' || delivered.anchor === '') return direct
  let found: Evidence = NONE
  for (const skip of openers(text)) {
    const evidence = readBehindOpener(text, skip, { delivered, isWhole })
    if (evidence.kind === 'pending') found = evidence
    else if (evidence.kind !== 'none') return evidence
  }
  return found
}

function readHead(head: string, delivered: DeliveredText, isWhole: boolean): Evidence {
  const { anchor, beginning } = delivered
  if (anchor !== '' && head.startsWith(anchor)) return readAnchored(head, delivered, isWhole)
  const mayBeAnchor = anchor.startsWith(head) && !isWhole
  // A short text is its own anchor: both readings join it alike, and the anchor verifies it.
  if (beginning !== '' && head.startsWith(beginning) && !mayBeAnchor) {
    return { kind: 'start-over', skip: 0 }
  }
  const isPending =
    head === '' ||
    anchor.startsWith(head) ||
    beginning.startsWith(head) ||
    isInTail(head, delivered)
  if (isPending && !isWhole) return PENDING
  const repeated = repeatedTail(head, delivered, isWhole)
  if (repeated > 0) return { kind: 'repetition', bareChars: repeated }
  return isPending ? PENDING : NONE
}

/**
 * What follows the anchor tells whether the text begins with its own last words, or echoes them.
 */
function readAnchored(head: string, delivered: DeliveredText, isWhole: boolean): Evidence {
  const { anchor } = delivered
  const told = Math.min(anchor.length + REPETITION_CHARS_MIN, delivered.bare.length)
  if (told > anchor.length && delivered.bare.startsWith(head.slice(0, told))) {
    if (head.length >= told) return { kind: 'start-over', skip: 0 }
    if (!isWhole) return PENDING
  }
  const rest = head.slice(anchor.length)
  const isEchoed = delivered.isAnchorUnique && rest.startsWith(anchor)
  const mayBeEchoed = delivered.isAnchorUnique && anchor.startsWith(rest)
  if (mayBeEchoed && !isEchoed && !isWhole) return PENDING
  return { kind: 'anchor', bareChars: anchor.length * (isEchoed ? 2 : 1), isEchoed }
}

interface BehindOpener {
  readonly delivered: DeliveredText
  readonly isWhole: boolean
}

function readBehindOpener(
  text: string,
  skip: number,
  { delivered, isWhole }: BehindOpener,
): Evidence {
  const head = bare(text.slice(skip))
  const { anchor, beginning } = delivered
  // A few letters behind a colon are found by chance, and the clause would be lost with them.
  if (anchor.length >= REPETITION_CHARS_MIN && head.startsWith(anchor)) {
    const evidence = readAnchored(head, delivered, isWhole)
    const skipped = bare(text.slice(0, skip)).length
    if (evidence.kind === 'anchor') return { ...evidence, bareChars: skipped + evidence.bareChars }
    return evidence.kind === 'start-over' ? { ...evidence, skip: skipped } : evidence
  }
  const tellsStart = beginning.length >= REPETITION_CHARS_MIN
  if (tellsStart && head.startsWith(beginning)) {
    return { kind: 'start-over', skip: bare(text.slice(0, skip)).length }
  }
  const isPending =
    (anchor.length >= REPETITION_CHARS_MIN && anchor.startsWith(head)) ||
    (tellsStart && beginning.startsWith(head))
  return head !== '' && isPending ? PENDING : NONE
}

/**
 * Where a text may begin behind what a model says first: an ellipsis, or the clauses of its first
 * line. Only a line that begins with a letter is one that is said to somebody: `"a": 1,` is not.
 */
function openers(text: string): readonly number[] {
  const from = text.length - text.trimStart().length
  const ellipsis = /^(?:\.{3}|…)/.exec(text.slice(from, from + 3))
  if (ellipsis !== null) return [from + ellipsis[0].length]
  if (!/^\p{L}/u.test(text.slice(from, from + 2))) return []
  const window = text.slice(from, from + OPENER_CHARS_MAX)
  const lineEnd = window.search(/[\n\r]/)
  const line = lineEnd < 0 ? window : window.slice(0, lineEnd)
  const starts = [...line.matchAll(CLAUSE_END)].map(({ index }) => from + index + 1)
  return lineEnd < 0 ? starts : [...starts, from + lineEnd]
}

/** Whether `head` may still grow into a repetition of the tail. */
function isInTail(head: string, { tail }: DeliveredText): boolean {
  const at = tail.indexOf(head)
  return at >= 0 && tail.length - at >= REPETITION_CHARS_MIN && at + head.length < tail.length
}

/** Length of the longest prefix of `head` that `tail` ends with, where that shows a repetition. */
function repeatedTail(
  head: string,
  { tail, isTailUnique }: DeliveredText,
  isWhole: boolean,
): number {
  for (let size = Math.min(head.length, tail.length); size >= REPETITION_CHARS_MIN; size -= 1) {
    if (!tail.endsWith(head.slice(0, size))) continue
    // Who says the last words again and ends has said nothing new.
    const saysNothingElse = isWhole && size === head.length
    return isTailUnique || saysNothingElse ? size : 0
  }
  return 0
}

function endsOnceWith(tail: string, piece: string): boolean {
  return tail.indexOf(piece) === tail.length - piece.length
}
