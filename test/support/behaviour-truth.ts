import type { Behaviour } from '../../demo/provider/behaviours.ts'
import { SIXTY_WORDS } from './demo-words.ts'
import type { Read } from './sdk-clients.ts'

/** Complete answers of the demo's provider that are not the sixty words. */
const OTHER_ANSWERS = new Map([
  ['length', SIXTY_WORDS.slice(0, 30 * 8 - 1)],
  ['tool-call', ''],
  ['empty-success', ''],
])

/** What no other target may mend: a part of a tool call is out. */
const NEVER_RESCUED = new Set(['half-tool-call'])

/** The text of a behaviour's whole answer. */
export function wholeAnswerOf(behaviour: string): string {
  return OTHER_ANSWERS.get(behaviour) ?? SIXTY_WORDS
}

/** What ends as it should and lost a piece on the way. */
const TORN = new Set(['malformed-frame'])

/** What a client must come out with where nobody else is left: whole only where the target was. */
export function aloneAnswerOf({ name, script }: Behaviour): string {
  const ends = script(undefined).some(({ step }) => step === 'terminal')
  return ends && !TORN.has(name) ? wholeAnswerOf(name) : 'an error'
}

/** What a client must come out with where a healthy target is left. */
export function rescuedAnswerOf(behaviour: string): string {
  return NEVER_RESCUED.has(behaviour) ? 'an error' : wholeAnswerOf(behaviour)
}

/** Only whoever looks at its status sees that it failed. */
export const A_FAILED_ANSWER = 'a failed answer'

/** What a client may rely on: the text where the stream ended well, or that it did not. */
export function truthOf(result: Read): string {
  switch (result.kind) {
    case 'complete':
      return result.text
    case 'raised':
      return 'an error'
    case 'failed':
      return A_FAILED_ANSWER
    case 'silent':
      return `silence after ${result.text.length} characters`
  }
}
