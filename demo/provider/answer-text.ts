/**
 * What every target of the demo provider says: numbered words, so that a reader (or a test) sees at
 * a glance whether each came exactly once, in order, whatever targets it was stitched from.
 */
export const ANSWER_WORDS = 60

/** Characters that `starts-over-in-other-words` has in common with the real answer. */
const SAME_START_CHARS = 60

/** The longest anchor, in words, that is looked for in an instruction to go on. */
const ANCHOR_WORDS_MAX = 24
const ANCHOR_WORDS_DEFAULT = 8

export type ContinuationStyle =
  | 'from-anchor'
  | 'without-anchor'
  | 'starts-over'
  | 'starts-over-in-other-words'

/** One turn of a conversation, reduced to what decides how the provider answers. */
export interface Turn {
  readonly role: string
  readonly text: string
}

export type Continuation =
  | { readonly kind: 'none' }
  /**
   * The conversation ends with the assistant's turn: a model that supports it goes on from there.
   */
  | { readonly kind: 'prefill'; readonly partial: string }
  /** The assistant's partial answer, then a user's turn that asks to go on. */
  | { readonly kind: 'user_turn'; readonly partial: string; readonly instruction: string }

/** The whole answer: `word-01 word-02 … word-60`. */
export function answerText(words: number = ANSWER_WORDS): string {
  return Array.from({ length: words }, (_, index) => numbered('word', index + 1)).join(' ')
}

/** Every word of the answer that `text` holds, in order: whole and honest is 1, 2, 3 … 60. */
export function wordNumbersIn(text: string): readonly number[] {
  return [...text.matchAll(/word-(\d+)/g)].map((match) => Number(match[1]))
}

/** The pieces of a stream: each word with the white space before it. */
export function piecesOf(text: string): readonly string[] {
  return text.match(/\s*\S+/g) ?? []
}

export function continuationOf(turns: readonly Turn[]): Continuation {
  const last = turns.at(-1)
  const before = turns.at(-2)
  if (last?.role === 'assistant') return { kind: 'prefill', partial: last.text }
  if (last?.role === 'user' && before?.role === 'assistant' && isOurs(before.text)) {
    return { kind: 'user_turn', partial: before.text, instruction: last.text }
  }
  return { kind: 'none' }
}

/** What the model says to this conversation, continued in the style that its name asks for. */
export function answerTo(
  continuation: Continuation,
  style: ContinuationStyle,
  words: number = ANSWER_WORDS,
): string {
  const whole = answerText(words)
  if (continuation.kind === 'none' || !isOurs(continuation.partial)) return whole
  const partial = continuation.partial.trimEnd()
  const rest = whole.slice(partial.length)
  switch (style) {
    case 'from-anchor':
      return continuation.kind === 'prefill' ? rest : anchorOf(partial, continuation) + rest
    case 'without-anchor':
      // Not asked to repeat anything, it goes on behind the last character that it was shown.
      return whole.slice(continuation.partial.length)
    case 'starts-over':
      return whole
    case 'starts-over-in-other-words':
      return whole.slice(0, SAME_START_CHARS) + otherWords()
  }
}

/** The words that the instruction quotes from the end of the partial answer. */
function anchorOf(partial: string, asked: { readonly instruction: string }): string {
  const words = piecesOf(partial)
  for (let count = Math.min(ANCHOR_WORDS_MAX, words.length); count > 0; count -= 1) {
    const tail = words.slice(-count).join('').trimStart()
    if (asked.instruction.includes(tail)) return tail
  }
  return words.slice(-ANCHOR_WORDS_DEFAULT).join('').trimStart()
}

function otherWords(): string {
  return Array.from(
    { length: ANSWER_WORDS },
    (_, index) => ` ${numbered('other', index + 1)}`,
  ).join('')
}

function isOurs(text: string): boolean {
  const partial = text.trimEnd()
  return partial !== '' && answerText().startsWith(partial)
}

function numbered(word: string, number: number): string {
  return `${word}-${String(number).padStart(2, '0')}`
}
