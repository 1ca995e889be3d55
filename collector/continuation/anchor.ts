import { withoutHalfAtEnd } from './half-character.ts'

/**
 * The anchor: the last few words that the client already has. The next target is asked to begin
 * with them, which shows that it goes on from the right place and makes the white space exact.
 */

const ANCHOR_WORDS = 8
/** Chinese, Japanese, Thai and long identifiers have no spaces to count words by. */
const ANCHOR_CHARS_WITHOUT_SPACES = 24
/** Eight "words" longer than this are no words (base64, a minified line). */
const ANCHOR_CHARS_MAX = 240
/** Longer than any one character that people read, a family of emoji with all its joiners. */
const GRAPHEME_UNITS_MAX = 40

/** The end of a delivered text, without its trailing white space; empty where there is none. */
export function anchorOf(text: string): string {
  const end = withoutHalfAtEnd(text.slice(-(ANCHOR_CHARS_MAX * 2))).trimEnd()
  const words = [...end.matchAll(/\S+/gu)]
  const first = words.at(-ANCHOR_WORDS) ?? words[0]
  if (first === undefined) return ''
  const anchor = end.slice(first.index)
  if (words.length > 1 && anchor.length <= ANCHOR_CHARS_MAX) return anchor
  return lastCharacters(end, ANCHOR_CHARS_WITHOUT_SPACES).trimStart()
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * As much of the end of `text` as `units` hold, cut where a reader sees a character begin: nobody
 * can be asked to begin with an accent without its letter.
 */
function lastCharacters(text: string, units: number): string {
  const around = text.slice(-(units + GRAPHEME_UNITS_MAX))
  const from = around.length - units
  for (const { index } of graphemes.segment(around)) {
    if (index >= from) return around.slice(index)
  }
  return ''
}
