import { arrayOf, isObject, own, parseJsonBytes, stringOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { takeRouterFields } from './litellm-fields.ts'
import type { ParsedRequest, RequestOptions, RequestSource } from './protocol.ts'

/** What every protocol's request begins with. */
export interface RequestEnvelope {
  readonly kind: 'read'
  readonly route: string
  readonly stream: boolean
  readonly options: RequestOptions
  readonly body: JsonObject
  readonly source: RequestSource
}

export interface RequestBody extends RequestEnvelope {
  readonly messages: readonly JsonObject[]
}

export type InvalidRequest = Extract<ParsedRequest, { readonly kind: 'invalid' }>

/** What both protocols with `messages` have in common. */
export function parseBody(bytes: Uint8Array): RequestBody | InvalidRequest {
  const envelope = parseEnvelope(bytes)
  if (envelope.kind === 'invalid') return envelope
  const messages = readMessages(envelope.body)
  if (!isMessages(messages)) return messages
  return { ...envelope, messages }
}

/**
 * Only what the router itself relies on is checked: everything else is the provider's to judge, in
 * its own words.
 */
export function parseEnvelope(bytes: Uint8Array): RequestEnvelope | InvalidRequest {
  const json = parseJsonBytes(bytes)
  if (json.kind === 'invalid') return invalid(`The request body cannot be read: ${json.detail}.`)
  if (!isObject(json.value)) return invalid('The request body must be a JSON object.')
  const fields = takeRouterFields(json.value)
  if (fields.kind === 'invalid') return fields
  const { body, options } = fields
  const route = stringOf(body, 'model')
  if (route === undefined || route === '') {
    return invalid('`model` must name a route of this router, as a string.', 'model')
  }
  const stream = own(body, 'stream') ?? false
  if (typeof stream !== 'boolean') return invalid('`stream` must be true or false.', 'stream')
  const source = { bytes, json: json.value }
  return { kind: 'read', route, stream, options, body, source }
}

function readMessages(body: JsonObject): readonly JsonObject[] | InvalidRequest {
  const messages = arrayOf(body, 'messages')
  if (messages === undefined || messages.length === 0) {
    return invalid('`messages` must be a list with at least one message.', 'messages')
  }
  const objects: JsonObject[] = []
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`
    if (!isObject(message)) return invalid(`\`${param}\` must be an object.`, param)
    if (stringOf(message, 'role') === undefined) {
      return invalid(`\`${param}.role\` must be a string.`, `${param}.role`)
    }
    objects.push(message)
  }
  return objects
}

function isMessages(value: readonly JsonObject[] | InvalidRequest): value is readonly JsonObject[] {
  return Array.isArray(value)
}

export function invalid(message: string, param?: string): InvalidRequest {
  return { kind: 'invalid', message, ...(param === undefined ? {} : { param }) }
}
