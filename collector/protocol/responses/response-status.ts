import type { StopKind } from '../event.ts'
import { objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'

/** Why a Response that is over was over; `native` is the provider's word for it. */
export interface ResponseStop {
  readonly native: string
  readonly stop: StopKind
}

/** OpenAI's two reasons, and what compatible servers write instead of the first. */
const INCOMPLETE: ReadonlyMap<string, StopKind> = new Map([
  ['max_output_tokens', 'length'],
  ['max_tokens', 'length'],
  ['length', 'length'],
  ['content_filter', 'filtered'],
])

/** Of a Response that says `completed` or `incomplete`; undefined where it is not over. */
export function stopOfResponse(response: JsonObject, hasCalls: boolean): ResponseStop | undefined {
  switch (stringOf(response, 'status')) {
    case 'completed':
      return { native: 'completed', stop: hasCalls ? 'tool-calls' : 'end' }
    case 'incomplete': {
      const reason = stringOf(objectOf(response, 'incomplete_details') ?? {}, 'reason')
      const native = reason === undefined || reason === '' ? 'incomplete' : reason
      return { native, stop: INCOMPLETE.get(native) ?? 'other' }
    }
    case undefined:
    default:
      return undefined
  }
}

/** The fields of a Response that say how it ended. */
export function writeStop({ stop, native }: ResponseStop): {
  readonly status: 'completed' | 'incomplete'
  readonly incomplete_details: JsonObject | null
} {
  switch (stop) {
    case 'end':
    case 'tool-calls':
      return { status: 'completed', incomplete_details: null }
    case 'length':
      return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    case 'filtered':
      return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }
    case 'paused':
    case 'other':
      return { status: 'incomplete', incomplete_details: { reason: native } }
    default:
      return stop satisfies never
  }
}
