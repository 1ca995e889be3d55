import type { WireRequestList } from '../../analyzer/api/wire.ts'
import type { AnalyzerApi } from '../api/analyzer-api.ts'
import { CommandError } from '../command-error.ts'
import { printable } from '../terminal-text.ts'

/** With fewer, the search would take them for part of a name. */
const DIGITS_MIN = 8
const DIGITS = 32
const CANDIDATES_READ = 50
const CANDIDATES_SHOWN = 5

/** The whole id of a trace, of which the first digits may be all that is given. */
export async function findTrace(api: AnalyzerApi, text: string | undefined): Promise<string> {
  const digits = /^[0-9a-f]{8,32}$/iu.exec(text ?? '')?.[0].toLowerCase()
  if (digits === undefined) {
    throw new CommandError('USAGE', {
      message:
        text === undefined
          ? 'expected the ID of a trace'
          : `expected the ID of a trace or its first digits, ${DIGITS_MIN} to ${DIGITS} of them, found "${printable(text)}"`,
      hint: '"secondwind incidents show ID" names an example of an incident',
    })
  }
  if (digits.length === DIGITS) return digits
  const { requests } = await api.get<WireRequestList>(
    `requests?q=${digits}&limit=${CANDIDATES_READ}`,
  )
  const ids = new Set(
    requests.flatMap(({ traceIds }) => traceIds.filter((id) => id.startsWith(digits))),
  )
  const [id, ...others] = ids
  if (id === undefined) {
    throw new CommandError('NOT_FOUND', {
      message: `no request is in a trace whose ID begins with ${digits}`,
      hint: 'give the whole ID: a trace without a request is found by that alone',
    })
  }
  if (others.length > 0) {
    throw new CommandError('USAGE', {
      message: `${digits} is the beginning of ${ids.size} traces`,
      hint: 'give more of its digits',
      details: [...ids].slice(0, CANDIDATES_SHOWN).map((each) => `  ${each}`),
    })
  }
  return id
}
