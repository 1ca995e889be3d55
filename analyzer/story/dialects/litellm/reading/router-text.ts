import { PythonReader } from './python-reader.ts'

/**
 * What LiteLLM's router writes into the error that it hands out. Its words are facts of this
 * request (route, fallbacks of that route, the fallback's own error), but for one trap: up to 1.97
 * the text ends with the operator's whole fallbacks table, so a name that stands in it says
 * nothing.
 */
export interface RouterText {
  /** What stood before the router's own words: the root cause, as the client read it. */
  readonly cause: string
  readonly route: string | undefined
  /** Empty: the router found no fallback for this route. */
  readonly fallbacks: readonly string[] | undefined
  /** A fallback was asked. Choosing one of which no deployment is eligible asks nobody. */
  readonly fallbackTried: boolean
  readonly fallbackRefused: boolean
  /** What the router said of a fallback that it did not ask. */
  readonly refusal: string | undefined
  /** The fallback's own error. */
  readonly fallbackError: string | undefined
}

/**
 * The cause is an error of another LiteLLM, further up. That one may have written the same words
 * about routes of its own, and nothing tells where they end and those of this one begin.
 */
export function isOfUpstreamLitellm(text: string): boolean {
  return UPSTREAM_LITELLM.test(text)
}

/** Right behind the class of the client library, plain or in the body that the library shows. */
const UPSTREAM_LITELLM =
  /[A-Za-z]Exception - (?:Error code: \d{3} - )?(?:\{'error': \{'message': ['"])?litellm\.[A-Z][A-Za-z]{2,64}: /u

/** `undefined` where the router has added nothing: then the text tells nothing of fallbacks. */
export function parseRouterText(text: string): RouterText | undefined {
  return parseUntil197(text) ?? parseSince109(text)
}

const RECEIVED = 'Received Model Group='
const AVAILABLE = 'Available Model Group Fallbacks='
const DOING = 'Error doing the fallback: '
const ORIGINAL = ' Original exception: '
const NOT_FOUND = 'No fallback model group found for original model_group='

/** Only the first occurrence counts: the fallback's own route repeats the words for itself. */
function parseUntil197(text: string): RouterText | undefined {
  const received = text.indexOf(RECEIVED)
  if (received < 0) return undefined
  const route = lineAfter(text, received + RECEIVED.length)
  const available = text.indexOf(AVAILABLE, received)
  const listed = available < 0 ? undefined : lineAfter(text, available + AVAILABLE.length)
  const doing = text.indexOf(DOING, received)
  const fallbacks = listed === undefined ? undefined : namesOf(listed)
  // A list that cannot be read is not `None`: there was somebody to ask.
  const chosen = doing >= 0 && listed !== undefined && fallbacks?.length !== 0
  const error = cutAt(text.slice(doing + DOING.length), [NOT_FOUND, RECEIVED, ORIGINAL])
  return {
    cause: cutAt(text.slice(0, received), [NOT_FOUND]),
    route: route === '' ? undefined : route,
    fallbacks,
    ...fallbackOf(chosen ? error : undefined),
  }
}

const SINCE_109 = "LiteLLM: model group '"
const FAILED_ABOVE = "' failed with the error above"
const ALSO_FAILED = ' also failed: '

function parseSince109(text: string): RouterText | undefined {
  const start = text.indexOf(SINCE_109)
  const end = start < 0 ? -1 : text.indexOf(FAILED_ABOVE, start)
  if (end < 0) return undefined
  const rest = text.slice(end + FAILED_ABOVE.length)
  const also = rest.indexOf(ALSO_FAILED)
  const none = rest.includes('no fallback model group was found')
  const to = rest.indexOf('Fallback to ')
  return {
    cause: text.slice(0, start).trimEnd(),
    route: text.slice(start + SINCE_109.length, end),
    fallbacks:
      also >= 0 && to >= 0 && to < also
        ? rest
            .slice(to + 'Fallback to '.length, also)
            .split(',')
            .map((name) => name.trim())
        : none
          ? []
          : undefined,
    ...fallbackOf(also < 0 ? undefined : rest.slice(also + ALSO_FAILED.length)),
  }
}

/** Whom a cool-down, a budget or the gate for continuations (1.109) has left no deployment. */
const NONE_AVAILABLE = 'No deployments available'

/** A fallback that the config does not define: LiteLLM notices when it is needed. */
const NONE_DEFINED = 'There are no healthy deployments for this model'

/**
 * Its own refusal begins an error of the router's. Behind the class of a client library the same
 * words are an upstream's that was asked: a LiteLLM of its own, or a provider that quotes a prompt.
 */
const REFUSED = new RegExp(
  `^(?:litellm\\.(?:[a-z_]{1,32}\\.){0,3}[A-Za-z]{1,64}: ){0,2}(?:${NONE_AVAILABLE}|You passed in model=[^\\n]{1,200}?\\. ${NONE_DEFINED})`,
  'u',
)

/**
 * Whether the router refused its very first pick: then no call was made for this request. An
 * upstream that is a LiteLLM itself says the same, behind the class of its client.
 */
export function isRefusedAtFirst(text: string): boolean {
  return REFUSED_AT_FIRST.test(parseRouterText(text)?.cause ?? text)
}

const REFUSED_AT_FIRST = new RegExp(
  `^(?:[A-Za-z.]{0,64}RouterRateLimitError[A-Za-z]{0,16}: )?${NONE_AVAILABLE}`,
  'u',
)

function fallbackOf(
  error: string | undefined,
): Pick<RouterText, 'fallbackTried' | 'fallbackRefused' | 'refusal' | 'fallbackError'> {
  const fallbackRefused = error !== undefined && REFUSED.test(error)
  return {
    fallbackTried: error !== undefined && !fallbackRefused,
    fallbackRefused,
    refusal: fallbackRefused ? error : undefined,
    fallbackError: fallbackRefused ? undefined : error,
  }
}

function lineAfter(text: string, start: number): string {
  const end = text.indexOf('\n', start)
  return text.slice(start, end < 0 ? undefined : end).trim()
}

/** Python's `['a', 'b']`, or `None`. */
function namesOf(list: string): readonly string[] | undefined {
  return list.startsWith('None') ? [] : new PythonReader(list, 0).strings()
}

function cutAt(text: string, marks: readonly string[]): string {
  const ends = marks.map((mark) => text.indexOf(mark)).filter((position) => position >= 0)
  return text.slice(0, ends.length === 0 ? undefined : Math.min(...ends)).trim()
}
