import { bare } from './bare-text.ts'

/**
 * What the beginning of a new stream shows about where it stands in the answer. Everything here
 * compares bare text (white space aside) and only ever looks at the stream's very beginning, or
 * behind one opening clause ("Sure, continuing:"): the same words later on may belong to the text.
 */

/** A start-over is told by this many characters of the delivered text, or by all where shorter. */
const START_OVER_CHARS = 40
/** A shorter repetition of the delivered tail is too likely to be part of what comes next. */
export const REPETITION_CHARS_MIN = 20
/** How far back a repetition may begin: two pages; a bound on work, not on what models do. */
const TAIL_CHARS_MAX = 8192
/** An opening clause: one line, at most this long, that ends in a colon. */
const OPENER = /^[^\n:]{1,160}:\s+/
const OPENER_CHARS_MAX = 256

export interface DeliveredText {
  readonly bare: string
  readonly anchor: string
  /** What a new stream must equal to be called a start-over. */
  readonly beginning: string
  readonly tail: string
}

export function readDelivered(text: string, anchor: string | undefined): DeliveredText {
  const all = bare(text)
  return {
    bare: all,
    anchor: bare(anchor ?? ''),
    beginning: bare(text.slice(0, START_OVER_CHARS)),
    tail: all.slice(-TAIL_CHARS_MAX),
  }
}

export type Evidence =
  /** The first `bareChars` of the new stream repeat the anchor. */
  | { readonly kind: 'anchor'; readonly bareChars: number }
  /** It starts over, `skip` characters of an opening clause aside. */
  | { readonly kind: 'start-over'; readonly skip: number }
  /** It repeats the end of what was delivered. */
  | { readonly kind: 'repetition'; readonly bareChars: number }
  /** It is still a prefix of one of these. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'none' }

export function readEvidence(text: string, delivered: DeliveredText, isWhole: boolean): Evidence {
  const head = bare(text)
  const direct = readHead(head, delivered, isWhole)
  if (direct.kind !== 'none') return direct
  const start = text.trimStart()
  const opener = OPENER.exec(start.slice(0, OPENER_CHARS_MAX))?.[0]
  if (opener === undefined || delivered.anchor === '') return direct
  return readBehindOpener(bare(start.slice(opener.length)), delivered, bare(opener).length)
}

function readHead(head: string, delivered: DeliveredText, isWhole: boolean): Evidence {
  const { anchor, beginning } = delivered
  if (anchor !== '' && head.startsWith(anchor)) return anchorOrStartOver(head, delivered, isWhole)
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
  if (isPending && !isWhole) return { kind: 'pending' }
  const repeated = repeatedTail(head, delivered.tail)
  if (repeated > 0) return { kind: 'repetition', bareChars: repeated }
  return isPending ? { kind: 'pending' } : { kind: 'none' }
}

/** Where a text begins with its own last words, only what follows them tells which was meant. */
function anchorOrStartOver(head: string, delivered: DeliveredText, isWhole: boolean): Evidence {
  const { anchor } = delivered
  const found: Evidence = { kind: 'anchor', bareChars: anchor.length }
  const told = Math.min(anchor.length + REPETITION_CHARS_MIN, delivered.bare.length)
  if (told === anchor.length || !delivered.bare.startsWith(head.slice(0, told))) return found
  if (head.length >= told) return { kind: 'start-over', skip: 0 }
  return isWhole ? found : { kind: 'pending' }
}

function readBehindOpener(head: string, delivered: DeliveredText, skip: number): Evidence {
  const { anchor, beginning } = delivered
  // A few letters behind a colon are found by chance, and the clause would be lost with them.
  const tellsAnchor = anchor.length >= REPETITION_CHARS_MIN
  if (tellsAnchor && head.startsWith(anchor)) {
    return { kind: 'anchor', bareChars: skip + anchor.length }
  }
  const tellsStart = beginning.length >= REPETITION_CHARS_MIN
  if (tellsStart && head.startsWith(beginning)) return { kind: 'start-over', skip }
  const isPending =
    (tellsAnchor && anchor.startsWith(head)) || (tellsStart && beginning.startsWith(head))
  return head !== '' && isPending ? { kind: 'pending' } : { kind: 'none' }
}

/** Whether `head` may still grow into a repetition of the tail. */
function isInTail(head: string, { tail }: DeliveredText): boolean {
  const at = tail.indexOf(head)
  return at >= 0 && tail.length - at >= REPETITION_CHARS_MIN && at + head.length < tail.length
}

/** Length of the longest prefix of `head` that `tail` ends with. */
function repeatedTail(head: string, tail: string): number {
  for (let size = Math.min(head.length, tail.length); size >= REPETITION_CHARS_MIN; size -= 1) {
    if (tail.endsWith(head.slice(0, size))) return size
  }
  return 0
}
