import * as v from '../../../../collector/vocabulary.ts'
import { flag, member, numeric, text, textList } from '../../attributes.ts'
import { defined } from '../../defined.ts'
import type { Attributes, Span } from '../../span.ts'
import type { Attempt, RequestShape, Usage } from '../../story.ts'
import type { AttemptSpans } from './spans.ts'

/** What was counted, timed and named of one attempt; none of it decides how the attempt ended. */
type Measures = Pick<
  Attempt,
  | 'delivered'
  | 'endpoint'
  | 'keyHash'
  | 'responseModel'
  | 'finishReasons'
  | 'terminal'
  | 'timeToFirstContentMs'
  | 'longestSilenceMs'
  | 'usage'
>

export function readMeasures(spans: AttemptSpans): Partial<Measures> {
  const { attempt, stream } = spans
  const { attributes } = attempt
  return defined({
    delivered: readDelivered(attributes),
    endpoint: endpointOf(attributes),
    keyHash: text(attributes, v.ATTR_ATTEMPT_KEY_HASH),
    responseModel: text(attributes, v.ATTR_GEN_AI_RESPONSE_MODEL),
    finishReasons: finishReasonsOf(attributes),
    terminal: flag(attributes, v.ATTR_RECEIVED_TERMINAL),
    timeToFirstContentMs: firstContentMs(spans),
    longestSilenceMs: stream && amount(stream.attributes, v.ATTR_LONGEST_SILENCE_MS),
    usage: readUsage(attributes, {
      input: [v.ATTR_USAGE_INPUT_TOKENS, v.ATTR_GEN_AI_USAGE_INPUT_TOKENS],
      output: [v.ATTR_USAGE_OUTPUT_TOKENS, v.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS],
    }),
  })
}

/**
 * By the GenAI convention the router writes `error` for any stream that broke; it is no
 * provider's word where the end never came.
 */
function finishReasonsOf(attributes: Attributes): readonly string[] | undefined {
  const words = textList(attributes, v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS)
  if (flag(attributes, v.ATTR_RECEIVED_TERMINAL) !== false) return words
  const told = words?.filter((word) => word !== 'error')
  return told?.length === 0 ? undefined : told
}

/** Of all attempts together, as the request span has it. */
export function readTotalUsage({ attributes }: Span): Usage | undefined {
  return readUsage(attributes, {
    input: [v.ATTR_USAGE_INPUT_TOKENS],
    output: [v.ATTR_USAGE_OUTPUT_TOKENS],
  })
}

/** The shape that the client asked with. */
export function readAsked({ attributes }: Span): RequestShape | undefined {
  return readShape(attributes, {
    messages: v.ATTR_SHAPE_MESSAGES,
    lastRole: v.ATTR_SHAPE_LAST_ROLE,
    tools: v.ATTR_SHAPE_TOOLS,
    toolChoice: v.ATTR_SHAPE_TOOL_CHOICE,
    responseFormat: v.ATTR_SHAPE_RESPONSE_FORMAT,
    maxTokens: v.ATTR_SHAPE_MAX_TOKENS,
  })
}

/** The shape that a fallback was asked with. */
export function readPayload({ attributes }: Span): RequestShape | undefined {
  return readShape(attributes, {
    messages: v.ATTR_PAYLOAD_MESSAGES,
    lastRole: v.ATTR_PAYLOAD_LAST_ROLE,
    tools: v.ATTR_PAYLOAD_TOOLS,
    toolChoice: v.ATTR_PAYLOAD_TOOL_CHOICE,
    responseFormat: v.ATTR_PAYLOAD_RESPONSE_FORMAT,
    maxTokens: v.ATTR_PAYLOAD_MAX_TOKENS,
  })
}

/** A count or a duration: below zero is none. */
export function amount(attributes: Attributes, key: string): number | undefined {
  const value = numeric(attributes, key)
  return value === undefined || value < 0 ? undefined : value
}

function readDelivered(attributes: Attributes): Attempt['delivered'] {
  return unlessEmpty({
    chunks: amount(attributes, v.ATTR_DELIVERED_CHUNKS),
    chars: amount(attributes, v.ATTR_DELIVERED_CHARS),
    toolCalls: amount(attributes, v.ATTR_DELIVERED_TOOL_CALLS),
    kinds: textList(attributes, v.ATTR_DELIVERED_KINDS),
  })
}

function endpointOf(attributes: Attributes): string | undefined {
  const address = text(attributes, v.ATTR_SERVER_ADDRESS)
  const port = amount(attributes, v.ATTR_SERVER_PORT)
  return address === undefined || port === undefined ? undefined : `${address}:${port}`
}

/** `first_chunk` ends with the first content only where content came: then `stream` begins. */
function firstContentMs({ attempt, firstChunk, stream }: AttemptSpans): number | undefined {
  if (firstChunk === undefined) return undefined
  const came = stream !== undefined || firstChunk.attributes.has(v.ATTR_CONTENT_KIND)
  const tookNs = firstChunk.endTimeNs - attempt.startTimeNs
  return came && tookNs >= 0n ? Number(tookNs) / 1e6 : undefined
}

interface UsageKeys {
  /** The first that is there: what the router counts, before what the upstream said. */
  readonly input: readonly string[]
  readonly output: readonly string[]
}

function readUsage(attributes: Attributes, keys: UsageKeys): Usage | undefined {
  const first = (names: readonly string[]): number | undefined =>
    names.map((name) => amount(attributes, name)).find((value) => value !== undefined)
  return unlessEmpty({
    inputTokens: first(keys.input),
    outputTokens: first(keys.output),
    source: member(attributes, v.ATTR_USAGE_SOURCE, v.USAGE_SOURCES),
  })
}

function readShape(
  attributes: Attributes,
  keys: Readonly<Record<keyof RequestShape, string>>,
): RequestShape | undefined {
  return unlessEmpty({
    messages: amount(attributes, keys.messages),
    lastRole: text(attributes, keys.lastRole),
    tools: amount(attributes, keys.tools),
    toolChoice: text(attributes, keys.toolChoice),
    responseFormat: text(attributes, keys.responseFormat),
    maxTokens: amount(attributes, keys.maxTokens),
  })
}

function unlessEmpty<T extends object>(values: T): ReturnType<typeof defined<T>> | undefined {
  const known = defined(values)
  return Object.keys(known).length === 0 ? undefined : known
}
