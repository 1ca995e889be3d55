import { applyBodyRules } from './body-rules.ts'
import { continueBody, isContinued } from './continue-body.ts'
import { objectOf, own, toBytes, without } from './json.ts'
import type { JsonObject } from './json.ts'
import { payloadShape } from './payload-shape.ts'
import type { UpstreamRequest, UpstreamRequestInput } from './protocol.ts'
import { chatToMessages } from './translate/chat-to-messages.ts'
import { messagesToChat } from './translate/messages-to-chat.ts'
import { refuse } from './translate/translation.ts'
import type { Translation } from './translate/translation.ts'

/**
 * What one target is sent: the client's request in its protocol, and how to go on from the partial.
 */
export function buildUpstreamRequest(input: UpstreamRequestInput): UpstreamRequest {
  const { request, targetApi, model } = input
  const translation = translate(input)
  if (translation.kind === 'not-translatable') return translation
  const isForeign = targetApi !== request.api
  const sampled = isForeign && input.acceptsSampling === false
  const stripped = sampled
    ? withoutSampling(translation.body)
    : { body: translation.body, dropped: [] }
  const continued = continueBody(stripped.body, input)
  const usage = targetApi === 'chat' && request.stream ? streamOptions(continued.body) : {}
  const ruled = applyBodyRules({ ...continued.body, model, ...usage }, input)
  const { body } = ruled
  const bytes = toBytes(JSON.stringify(body))
  return {
    kind: 'built',
    body: bytes,
    shape: payloadShape(body, bytes.length),
    messagesAdded: continued.messagesAdded,
    dropped: [...translation.dropped, ...stripped.dropped, ...continued.dropped, ...ruled.dropped],
    changed: isForeign || isContinued(input.continuation) || ruled.changed,
  }
}

function translate({ request, targetApi }: UpstreamRequestInput): Translation {
  if (request.api === targetApi) return { kind: 'translated', body: request.body, dropped: [] }
  if (request.api === 'chat' && targetApi === 'messages') return chatToMessages(request)
  if (request.api === 'messages' && targetApi === 'chat') return messagesToChat(request)
  return refuse('model', `a ${request.api} request cannot be sent to a ${targetApi} target`)
}

/**
 * Always asked for: without it a stream's tokens are counted nowhere. Clients see it if they asked.
 */
function streamOptions(body: JsonObject): JsonObject {
  return { stream_options: { ...objectOf(body, 'stream_options'), include_usage: true } }
}

const SAMPLING_FIELDS = ['temperature', 'top_p', 'top_k'] as const

function withoutSampling(body: JsonObject): {
  readonly body: JsonObject
  readonly dropped: readonly string[]
} {
  const dropped = SAMPLING_FIELDS.filter((field) => own(body, field) !== undefined)
  return { body: without(body, new Set(dropped)), dropped }
}
