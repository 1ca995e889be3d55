import { isObject, parseJsonBytes } from './json.ts'
import type { JsonObject } from './json.ts'
import type { AnswerResult } from './protocol.ts'

export type MalformedAnswer = Extract<AnswerResult, { readonly kind: 'malformed' }>

/** The JSON object that an answer in one piece must be, in every protocol. */
export function parseAnswer(
  body: Uint8Array,
): { readonly kind: 'parsed'; readonly answer: JsonObject } | MalformedAnswer {
  const json = parseJsonBytes(body)
  if (json.kind === 'invalid') return malformed(`the answer is broken: ${json.detail}`)
  const answer = json.value
  if (!isObject(answer)) return malformed('the answer is no JSON object')
  return { kind: 'parsed', answer }
}

export function malformed(detail: string): MalformedAnswer {
  return { kind: 'malformed', detail }
}
