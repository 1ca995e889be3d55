import type { Api } from '../vocabulary.ts'
import type { DecodedAnswer } from './protocol.ts'
import { unsayableStop } from './unsayable-stop.ts'

/**
 * Why a whole answer cannot be told to a client of another protocol. Left out, a part that has no
 * word there would make another answer of it.
 */
export function unsayableAnswer(clientApi: Api, answer: DecodedAnswer): string | undefined {
  const other = answer.parts.find((part) => part.kind === 'other')
  if (other !== undefined) return `it holds "${other.type}", which ${clientApi} has no word for`
  return unsayableStop(clientApi, answer.stop)
}
