import { applyBodyRules } from './body-rules.ts'
import { continueBody, isContinued } from './continue-body.ts'
import { objectOf, toBytes } from './json.ts'
import type { JsonObject } from './json.ts'
import { payloadShape } from './payload-shape.ts'
import { spliceBody } from './splice-body.ts'
import type { UpstreamRequest, UpstreamRequestInput } from './protocol.ts'
import { translateRequest } from './translate/translate-request.ts'
import type { Translation } from './translate/translate-request.ts'

/**
 * What one target is sent: the client's request in its protocol, and how to go on from the partial.
 */
export function buildUpstreamRequest(input: UpstreamRequestInput): UpstreamRequest {
  const { request, targetApi, model } = input
  const translation = translate(input)
  if (translation.kind === 'not-translatable') return translation
  const isForeign = targetApi !== request.api
  const continued = continueBody(translation.body, input)
  const usage = targetApi === 'chat' && request.stream ? streamOptions(continued.body) : {}
  const ruled = applyBodyRules({ ...continued.body, model, ...usage }, input)
  const { body } = ruled
  const bytes = isForeign ? toBytes(JSON.stringify(body)) : spliceBody(request.source, body)
  return {
    kind: 'built',
    body: bytes,
    shape: payloadShape(body, bytes.length),
    messagesAdded: continued.messagesAdded,
    dropped: [...translation.dropped, ...continued.dropped, ...ruled.dropped],
    changed: isForeign || isContinued(input.continuation) || ruled.changed,
  }
}

function translate(input: UpstreamRequestInput): Translation {
  const { request, targetApi } = input
  if (request.api === targetApi) return { kind: 'translated', body: request.body, dropped: [] }
  return translateRequest(request, targetApi, {
    stream: request.stream,
    acceptsSampling: input.acceptsSampling ?? true,
    acceptsTopPWithTemperature: input.acceptsTopPWithTemperature ?? true,
    acceptsEffort: input.acceptsEffort ?? false,
    acceptsStrictTools: input.acceptsStrictTools ?? false,
    maxTokensDefault: input.maxTokensDefault ?? MAX_TOKENS_DEFAULT,
  })
}

/**
 * Anthropic demands a limit, the others do not. LiteLLM's own default, and what the oldest Claude
 * still accepts; an answer that reaches it says `length`, so nothing is hidden.
 */
const MAX_TOKENS_DEFAULT = 4096

/**
 * Always asked for: without it a stream's tokens are counted nowhere. Clients see it if they asked.
 */
function streamOptions(body: JsonObject): JsonObject {
  const given = objectOf(body, 'stream_options')
  if (given?.['include_usage'] === true) return {}
  return { stream_options: { ...given, include_usage: true } }
}
