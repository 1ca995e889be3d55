import { SUSPICIOUS } from './suspicious-words.ts'
import { TwoGenerations } from './two-generations.ts'
import { WordAutomaton } from './word-automaton.ts'

/**
 * Removes what looks like a credential, and content that error texts quote. The patterns are
 * deliberately greedy about values and strict about what precedes them: a lost detail is cheaper
 * than a stored key. None of them backtracks over more than it matched (invariant I11).
 */

const REDACTED = '[redacted]'

type Scrub = (text: string) => string

/** In this order: what one leaves is what the next one sees. */
const SCRUBS: readonly Scrub[] = [
  // Keys of OpenAI, Anthropic, LiteLLM (`sk-…`), Stripe-like (`sk_live_…`) and Groq.
  replacing(/\b(?:sk|pk|rk|gsk)[-_][A-Za-z0-9_*-]{4,}/gu, REDACTED),
  replacing(/\bAIza[0-9A-Za-z_-]{20,}/gu, REDACTED),
  replacing(/\b(?:AKIA|ASIA)[0-9A-Z]{12,}/gu, REDACTED),
  replacing(/\b(?:gh[opusr]_|github_pat_|hf_|xox[abeoprs]-|glpat-)[A-Za-z0-9_-]{8,}/gu, REDACTED),
  scrubWebTokens,
  replacing(/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}/giu, `$1 ${REDACTED}`),
  // `"api_key": "…"`, `x-api-key: …`, `Authorization=…`; of a scheme that was kept above, no more.
  replacing(
    /((?:api[-_]?key|apikey|access[-_]?token|auth[-_]?token|client[-_]?secret|password|authorization|set-cookie|cookie)['"]?\s*[:=]\s*['"]?)(?!Bearer|Basic|\[)[^\s'",;&)}\]]{4,}/giu,
    `$1${REDACTED}`,
  ),
  replacing(/([?&](?:key|sig|signature|token|code|secret)=)[^\s&'"#]+/giu, `$1${REDACTED}`),
  replacing(/(:\/\/)[^\s/@'"]{1,256}@/gu, `$1${REDACTED}@`),
]

function replacing(pattern: RegExp, replacement: string): Scrub {
  return (text) => text.replace(pattern, replacement)
}

export function scrubSecrets(text: string): string {
  if (!SUSPICIOUS.findsIn(text)) return text
  return SCRUBS.reduce((scrubbed, scrub) => scrub(scrubbed), text)
}

const TOKEN_RUN = /[A-Za-z0-9_-]*/uy
const TOKEN_REST = /\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/uy
const WORD_CHARACTER = /\w/u
/** `eyJ` and eight more. */
const TOKEN_HEAD_CHARS_MIN = 11

/**
 * JSON Web Tokens: `eyJ…`, a dot, and more. By hand, because a pattern tries every `eyJ` of a long
 * run anew, which takes a sender of such runs minutes: where the first of a run begins no token,
 * no later one does.
 */
function scrubWebTokens(text: string): string {
  let scrubbed = ''
  let copied = 0
  for (let head = text.indexOf('eyJ'); head !== -1;) {
    if (head > 0 && WORD_CHARACTER.test(text[head - 1] ?? '')) {
      head = text.indexOf('eyJ', head + 1)
      continue
    }
    const runEnd = matchEnd(TOKEN_RUN, text, head)
    const end = runEnd - head < TOKEN_HEAD_CHARS_MIN ? -1 : matchEnd(TOKEN_REST, text, runEnd)
    if (end !== -1) {
      scrubbed += text.slice(copied, head) + REDACTED
      copied = end
    }
    head = text.indexOf('eyJ', Math.max(runEnd, end))
  }
  return scrubbed + text.slice(copied)
}

function matchEnd(sticky: RegExp, text: string, from: number): number {
  sticky.lastIndex = from
  return sticky.test(text) ? sticky.lastIndex : -1
}

/** `'content': '…'` and its kin, in JSON or Python, whole or cut off by a length limit. */
const QUOTED_CONTENT =
  /(['"])(content|text|prompt|input|arguments|generated_content|partial_json)\1\s*:\s*(?:"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$))/gsu

/** `prompt "…"`, `input: '…'`: the same in a sentence. */
const QUOTED_IN_SENTENCE = /(?<=\b(?:prompt|input)\s?[:=]?\s?)(?:"[^"]*(?:"|$)|'[^']*(?:'|$))/giu
/** Nothing to look for where none of the words stands; a stack trace is full of quotes. */
const QUOTED_IN_SENTENCE_WORDS = new WordAutomaton(['prompt', 'input'])

/** For error texts: some quote the request that they refuse. */
export function scrubErrorText(text: string): string {
  const scrubbed = scrubSecrets(text).replace(
    QUOTED_CONTENT,
    (whole: string, quote: string, key: string) =>
      `${quote}${key}${quote}: ${quote}[${whole.length - key.length - 6} characters]${quote}`,
  )
  if (!QUOTED_IN_SENTENCE_WORDS.findsIn(scrubbed)) return scrubbed
  return scrubbed.replace(QUOTED_IN_SENTENCE, (quoted) => `[${quoted.length - 2} characters]`)
}

/** Frames of Python (`File "…", line N, in f`) and of JavaScript (`at f (…)`). */
const FRAME = /^\s*(?:File "[^"]*", line \d+|at )/u
const FRAMES_MAX = 64

/**
 * Keeps where a trace went, and drops what it says: source lines, local values and the message,
 * which stands in an attribute of its own. What LiteLLM's router says of its fallbacks stays: from
 * 1.95 on, a fallback's own error stands nowhere else.
 */
export function cutStackTrace(trace: string): string {
  const frames: string[] = []
  const router: string[] = []
  // Line by line: split into lines, a trace of nothing but line feeds takes fifty times its size.
  for (let start = 0; start <= trace.length;) {
    const newline = trace.indexOf('\n', start)
    const line = trace.slice(start, newline === -1 ? undefined : newline)
    if (FRAME.test(line)) frames.push(line)
    if (frames.length > 2 * FRAMES_MAX) frames.splice(0, FRAMES_MAX)
    if (router.length < FRAMES_MAX) router.push(...routerWords(line))
    if (newline === -1) break
    start = newline + 1
  }
  const kept = [...(frames.length > 0 ? frames.slice(-FRAMES_MAX) : [firstLine(trace)]), ...router]
  return kept.map((line) => scrubLine(line.slice(0, 512))).join('\n')
}

/** The frames of one program are few, and come with every error. */
const scrubbedLines = new TwoGenerations<string>(2048)

function scrubLine(line: string): string {
  const known = scrubbedLines.get(line)
  if (known !== undefined) return known
  // A copy: the line is a part of a text that may be megabytes, and would keep all of it.
  const own = Buffer.from(line, 'utf16le').toString('utf16le')
  const scrubbed = scrubErrorText(own)
  scrubbedLines.set(own, scrubbed)
  return scrubbed
}

function firstLine(trace: string): string {
  const newline = trace.indexOf('\n')
  return newline === -1 ? trace : trace.slice(0, newline)
}

const ROUTER_WORDS = [
  'Received Model Group=',
  'Available Model Group Fallbacks=',
  'Error doing the fallback: ',
  "LiteLLM: model group '",
] as const

function routerWords(line: string): readonly string[] {
  const start = ROUTER_WORDS.map((words) => line.indexOf(words)).find((position) => position >= 0)
  return start === undefined ? [] : [line.slice(start)]
}

/** A span's name may hold the target of an HTTP request, with what stands behind its `?`. */
export function cutName(name: string): string {
  return scrubSecrets(name.includes('?') ? name.replace(/\S+/gu, cutTarget) : name)
}

function cutTarget(word: string): string {
  const path = word.indexOf('/')
  const query = path === -1 ? -1 : word.indexOf('?', path)
  return query === -1 ? word : word.slice(0, query)
}

/** A URL without its user, password, query and fragment. */
export function cutUrl(url: string): string {
  return scrubSecrets(url.replace(/[?#].*$/su, ''))
}
