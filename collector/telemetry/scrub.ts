/**
 * Takes secrets out of other people's texts before they are exported (I10): provider errors quote
 * keys, and URLs in them carry tokens. What the configuration knows as secret is removed literally;
 * what merely looks like one is removed by its shape.
 */
export interface Scrubber {
  /** Scrubbed, on one line, at most `charsMax` characters. Never throws. */
  scrub(text: string, charsMax: number): string
}

const REDACTED = '[redacted]'

/** Read of a text before it is cut to its limit: bounds the patterns' work on hostile input. */
const SCANNED_CHARS_MAX = 8192

/** Shorter configured keys (`none`, `x`) are words: removing them would garble every text. */
const LITERAL_CHARS_MIN = 6

/** No pattern below has a nested or an overlapping repetition, so each is linear in its input. */
const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@?#"'<>]{1,512}@/gi, `$1`],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s?#"'<>]{1,2048})[?#][^\s"'<>]{1,4096}/gi, '$1'],
  [/\b(bearer|basic)\s+[^\s"',;]{1,4096}/gi, `$1 ${REDACTED}`],
  [
    /((?:x-(?:goog-)?api-key|api[-_ ]?key|authorization|access[-_]?token|secret|password)["']?\s{0,4}[:=]\s{0,4}["']?)(?!\s|bearer|basic|\[redacted)[^\s"',;]{1,4096}/gi,
    `$1${REDACTED}`,
  ],
  // OpenAI, Anthropic, OpenRouter and LiteLLM; OpenAI's own masking (`sk-ab***yz`) included.
  [/(?<![a-z0-9])sk-[\w*-]{4,4096}/gi, REDACTED],
  [/(?<![a-z0-9])AIza[\w-]{8,4096}/g, REDACTED],
  [
    /(?<![a-z0-9])(?:gsk_|xai-|hf_|pplx-|nvapi-|r8_|gh[opsu]_|github_pat_)\w[\w-]{7,4096}/gi,
    REDACTED,
  ],
  [/(?<![A-Z0-9])A(?:KIA|SIA)[A-Z0-9]{12,4096}/g, REDACTED],
  [/(?<![\w-])eyJ[\w-]{4,4096}\.[\w-]{1,4096}(?:\.[\w-]{0,4096})?/g, REDACTED],
]

/** In every text that one of the shapes above can match: most texts are spared all of them. */
const MAY_HOLD_A_SECRET =
  /:\/\/|bearer|basic|key|authorization|token|secret|password|sk-|AIza|gsk_|xai-|hf_|pplx-|nvapi-|r8_|gh[opsu]_|github_pat_|A[KS]IA|eyJ/i

/** `literals`: every secret of the configuration. */
export function createScrubber(literals: readonly string[]): Scrubber {
  // Longest first: where one key is the beginning of another, nothing of the longer may remain.
  const known = literals
    .filter((literal) => literal.length >= LITERAL_CHARS_MIN)
    .toSorted((a, b) => b.length - a.length)
  const cleanOf = (text: string): string => {
    let clean = text
    for (const literal of known) clean = clean.replaceAll(literal, REDACTED)
    // After the literals: a cut through one of them would leave half of it standing.
    clean = clean.slice(0, SCANNED_CHARS_MAX)
    if (MAY_HOLD_A_SECRET.test(clean)) {
      for (const [shape, replacement] of SECRET_SHAPES) clean = clean.replace(shape, replacement)
    }
    return toOneLine(clean)
  }
  return { scrub: (text, charsMax) => cut(cleanOf(text), charsMax) }
}

/** Control characters forge log lines and terminal output; a line break becomes a space. */
function toOneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
}

function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text
  const end = charsMax - 1
  // Half a surrogate pair is no text: it would not survive the way through UTF-8.
  const splits = /[\ud800-\udbff]/.test(text.charAt(end - 1))
  return `${text.slice(0, splits ? end - 1 : end)}…`
}
