import { jsonObject, numeric, text } from '../../../attributes.ts'
import { defined } from '../../../defined.ts'
import type { Span } from '../../../span.ts'
import type { RequestShape, StoryContinuation } from '../../../story.ts'
import type { Call } from '../reading/call.ts'
import type { Reading } from '../reading/reading.ts'

type Sent = NonNullable<Call['sent']>

/**
 * How a fallback was asked to go on: the body that was really sent, where v1 shows it. The messages
 * of a proxy's span are always the client's own, those of a router in process what it sent.
 */
export function continuationsOf({ calls, showsSent }: Reading): readonly StoryContinuation[] {
  const asked = calls[0]?.asked
  return calls.slice(1).flatMap((call, position) => {
    const sent = call.sent ?? (showsSent ? call.asked : undefined)
    if (sent === undefined || sent.messages === 0) return []
    return [
      {
        attempt: position + 2,
        strategy: strategyOf(sent, asked),
        lastRole: sent.lastRole,
        prefill: sent.prefill,
        shape: { messages: sent.messages, lastRole: sent.lastRole, ...toolsOf(call) },
        evidence: [{ spanId: sent.spanId, key: sent.key, value: sent.roles.join(', ') }],
      },
    ]
  })
}

/** The client's own conversation may end with the assistant: then asking it again is no prefill. */
function strategyOf(sent: Sent, asked: Sent | undefined): StoryContinuation['strategy'] {
  if (asked !== undefined && sent.messages === asked.messages) return 'restart'
  if (sent.prefill) return 'prefill'
  const isLonger = asked !== undefined && sent.messages > asked.messages
  const goesOn = sent.roles.at(-1) === 'user' && sent.roles.at(-2) === 'assistant'
  return isLonger && goesOn ? 'user_turn' : 'unknown'
}

/** What the client offered and demanded; the same goes to every target. */
export function askedShape({ calls }: Reading): RequestShape | undefined {
  const [first] = calls
  if (first === undefined) return undefined
  const shape = defined({
    messages: first.asked?.messages || undefined,
    lastRole: first.asked?.lastRole || undefined,
    ...toolsOf(first),
  })
  return Object.keys(shape).length === 0 ? undefined : shape
}

function toolsOf({ span, raw }: Call): Pick<RequestShape, 'tools' | 'toolChoice'> {
  const keys = [...(raw?.attributes.keys() ?? [])]
  const choice = keys.find((key) => /^llm\.[\w-]{1,64}\.tool_choice$/u.test(key))
  return defined({
    tools:
      numeric(span.attributes, 'litellm.request.tools.declared') ??
      namedTools(span) ??
      (raw === undefined ? undefined : sentTools(raw)),
    toolChoice: raw === undefined || choice === undefined ? undefined : choiceOf(raw, choice),
  })
}

/** Of what was sent as content, the number of its parts is kept. */
function sentTools(raw: Span): number | undefined {
  const key = [...raw.attributes.keys()].find((name) => /^llm\.[\w-]{1,64}\.tools$/u.test(name))
  const parts = key === undefined ? undefined : jsonObject(raw.attributes, key)?.get('messages')
  return typeof parts === 'number' && parts > 0 ? parts : undefined
}

/** Beyond this nobody counts tools one by one. */
const TOOLS_MAX = 128

function namedTools({ attributes }: Span): number | undefined {
  let tools = 0
  while (tools < TOOLS_MAX && attributes.has(`llm.request.functions.${tools}.name`)) tools += 1
  return tools === 0 ? undefined : tools
}

/** A choice of one tool is an object, of which nothing but its length is kept. */
function choiceOf(raw: Span, key: string): string | undefined {
  const choice = text(raw.attributes, key)
  if (choice === undefined || choice === 'auto' || choice === 'none') return choice
  return choice === 'required' || choice === 'any' ? 'required' : 'named'
}
