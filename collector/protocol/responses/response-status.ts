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

/** Why it is `incomplete`, or undefined where it is not. */
export function incompleteReasonOf({ stop, native }: ResponseStop): string | undefined {
  switch (stop) {
    case 'end':
    case 'tool-calls':
      return undefined
    case 'length':
      return 'max_output_tokens'
    case 'filtered':
      return 'content_filter'
    case 'paused':
    case 'other':
      return native
    default:
      return stop satisfies never
  }
}

export function statusOf(stop: ResponseStop): 'completed' | 'incomplete' {
  return incompleteReasonOf(stop) === undefined ? 'completed' : 'incomplete'
}

/** The fields of a Response that say how it ended, and when: only what is whole has a time. */
export function writeStop(stop: ResponseStop, nowSeconds: () => number) {
  const reason = incompleteReasonOf(stop)
  return reason === undefined
    ? { status: 'completed', completed_at: nowSeconds(), incomplete_details: null }
    : { status: 'incomplete', completed_at: null, incomplete_details: { reason } }
}
