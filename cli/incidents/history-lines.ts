import type { WireFormerIncident, WireHistoryEntry } from '../../analyzer/api/wire.ts'
import { printable } from '../terminal-text.ts'

/** The last that was done to an incident that is no more. */
export function formerLines({ acts, done }: WireFormerIncident): readonly string[] {
  const head = done.length < acts ? [`  the last ${done.length} of ${acts} acts:`] : []
  return [...head, ...done.flatMap((each) => historyLines({ ...each, why: null }))]
}

export function historyLines(entry: Omit<WireHistoryEntry, 'state'>): readonly string[] {
  const { at, kind, by, note, until, why } = entry
  const who = by === null ? 'the analyzer' : printable(by)
  const end = until === null ? '' : ` until ${until}`
  const reason = why === null ? '' : `: ${printable(why)}`
  const lines = note === null ? [] : note.split('\n')
  return [
    `  ${at.slice(0, 19)}Z  ${kind}${end}, ${who}${reason}`,
    ...lines.map((line) => `      ${printable(line)}`),
  ]
}
