import type { JsonValue } from './json.ts'
import { OptionReader } from './option-reader.ts'
import type { InvalidOption } from './option-reader.ts'
import type { RequestOptions } from './protocol.ts'

/** Headers that speak to the router, for clients that cannot add fields to a body. */
const OPTION_HEADERS = [
  'x-litellm-num-retries',
  'x-litellm-timeout',
  'x-litellm-stream-timeout',
] as const

export type HeaderOptions = Pick<RequestOptions, 'retriesMax' | 'timeoutMs' | 'streamTimeoutMs'>

export type HeaderOptionsResult =
  | { readonly kind: 'read'; readonly options: HeaderOptions }
  | InvalidOption

const NONE: HeaderOptionsResult = { kind: 'read', options: {} }

/** LiteLLM's request headers, as far as they mean something here. */
export function readHeaderOptions(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): HeaderOptionsResult {
  const given = OPTION_HEADERS.filter((name) => headers[name] !== undefined)
  if (given.length === 0) return NONE
  const reader = new OptionReader(
    Object.fromEntries(given.map((name) => [name, toNumber(headers[name])])),
  )
  const retriesMax = reader.count('x-litellm-num-retries')
  const timeoutMs = reader.seconds('x-litellm-timeout')
  const streamTimeoutMs = reader.seconds('x-litellm-stream-timeout')
  const options: HeaderOptions = {
    ...(retriesMax !== undefined && { retriesMax }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(streamTimeoutMs !== undefined && { streamTimeoutMs }),
  }
  return reader.problem ?? { kind: 'read', options }
}

/** What is no number stays as it is, to be refused by its name. */
function toNumber(value: string | readonly string[] | undefined): JsonValue {
  if (typeof value !== 'string') return ''
  return /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value
}
