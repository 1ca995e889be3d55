/**
 * Removes what looks like a credential, and content that error texts quote. The patterns are
 * deliberately greedy about values and strict about what precedes them: a lost detail is cheaper
 * than a stored key. None of them backtracks over more than it matched (invariant I11).
 */

const REDACTED = '[redacted]'

const SECRETS: readonly (readonly [RegExp, string])[] = [
  // Keys of OpenAI, Anthropic, LiteLLM (`sk-…`), Stripe-like (`sk_live_…`) and Groq.
  [/\b(?:sk|pk|rk|gsk)[-_][A-Za-z0-9_*-]{4,}/gu, REDACTED],
  [/\bAIza[0-9A-Za-z_-]{20,}/gu, REDACTED],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{12,}/gu, REDACTED],
  [/\b(?:gh[opusr]_|github_pat_|hf_|xox[abeoprs]-|glpat-)[A-Za-z0-9_-]{8,}/gu, REDACTED],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/gu, REDACTED],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}/giu, `$1 ${REDACTED}`],
  // `"api_key": "…"`, `x-api-key: …`, `Authorization=…`; of a scheme that was kept above, no more.
  [
    /((?:api[-_]?key|apikey|access[-_]?token|auth[-_]?token|client[-_]?secret|password|authorization|set-cookie|cookie)['"]?\s*[:=]\s*['"]?)(?!Bearer|Basic|\[)[^\s'",;&)}\]]{4,}/giu,
    `$1${REDACTED}`,
  ],
  [/([?&](?:key|sig|signature|token|code|secret)=)[^\s&'"#]+/giu, `$1${REDACTED}`],
  [/(:\/\/)[^\s/@'"]{1,256}@/gu, `$1${REDACTED}@`],
]

/** One cheap look before thirteen careful ones: nearly all attribute values pass it. */
const SUSPECT =
  /sk[-_]|pk[-_]|rk[-_]|AIza|AKIA|ASIA|gh[opusr]_|github_pat|hf_|xox|glpat|eyJ|bearer|basic|key|token|secret|password|authorization|cookie|[?&]sig|[?&]code|@/iu

export function scrubSecrets(text: string): string {
  if (!SUSPECT.test(text)) return text
  let scrubbed = text
  for (const [pattern, replacement] of SECRETS) scrubbed = scrubbed.replace(pattern, replacement)
  return scrubbed
}

/** `'content': '…'` and its kin, in JSON or Python, whole or cut off by a length limit. */
const QUOTED_CONTENT =
  /(['"])(content|text|prompt|input|arguments|generated_content|partial_json)\1\s*:\s*(?:"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$))/gsu

/** `prompt "…"`, `input: '…'`: the same in a sentence. */
const QUOTED_IN_SENTENCE = /(?<=\b(?:prompt|input)\s?[:=]?\s?)(?:"[^"]*(?:"|$)|'[^']*(?:'|$))/giu

/** For error texts: some quote the request that they refuse. */
export function scrubErrorText(text: string): string {
  return scrubSecrets(text)
    .replace(
      QUOTED_CONTENT,
      (whole: string, quote: string, key: string) =>
        `${quote}${key}${quote}: ${quote}[${whole.length - key.length - 6} characters]${quote}`,
    )
    .replace(QUOTED_IN_SENTENCE, (quoted) => `[${quoted.length - 2} characters]`)
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
  const lines = trace.split('\n')
  const frames = lines.filter((line) => FRAME.test(line)).slice(-FRAMES_MAX)
  const router = lines.flatMap(routerWords).slice(0, FRAMES_MAX)
  const kept = [...(frames.length > 0 ? frames : lines.slice(0, 1)), ...router]
  return kept.map((line) => scrubErrorText(line.slice(0, 512))).join('\n')
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
  return scrubSecrets(name.replace(/(\/[^\s?]*)\?\S*/gu, '$1'))
}

/** A URL without its user, password, query and fragment. */
export function cutUrl(url: string): string {
  return scrubSecrets(url.replace(/[?#].*$/su, ''))
}
