/**
 * The anchor: the last few words that the client already has. The next target is asked to begin
 * with them, which shows that it goes on from the right place and makes the white space exact.
 */

const ANCHOR_WORDS = 8
/** Chinese, Japanese, Thai and long identifiers have no spaces to count words by. */
const ANCHOR_CHARS_WITHOUT_SPACES = 24
/** Eight "words" longer than this are no words (base64, a minified line). */
const ANCHOR_CHARS_MAX = 240

/** The end of a delivered text, without its trailing white space; empty where there is none. */
export function anchorOf(text: string): string {
  const end = text.trimEnd()
  const tail = end.slice(-(ANCHOR_CHARS_MAX * 2))
  const words = [...tail.matchAll(/\S+/gu)]
  const first = words.at(-ANCHOR_WORDS) ?? words[0]
  if (first === undefined) return ''
  const anchor = tail.slice(first.index)
  if (words.length > 1 && anchor.length <= ANCHOR_CHARS_MAX) return anchor
  return withoutHalfCharacter(end.slice(-ANCHOR_CHARS_WITHOUT_SPACES)).trimStart()
}

/** A cut between two surrogates would ask the target for half a character. */
function withoutHalfCharacter(text: string): string {
  const code = text.charCodeAt(0)
  return code >= 0xdc00 && code <= 0xdfff ? text.slice(1) : text
}
