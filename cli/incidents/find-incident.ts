import type { WireIncidentList, WireIncidentRow } from '../../analyzer/api/wire.ts'
import type { AnalyzerApi } from '../api/analyzer-api.ts'
import { CommandError } from '../command-error.ts'
import { printable } from '../terminal-text.ts'
import { formerLines } from './history-lines.ts'
import { shortId } from './short-id.ts'

export interface FoundIncident {
  readonly row: WireIncidentRow
  /** The analyzer's clock. */
  readonly nowMs: number
}

const CANDIDATES_SHOWN = 5

/** By its id, or as many of its first digits as no other incident has. */
export async function findIncident(
  api: AnalyzerApi,
  text: string | undefined,
): Promise<FoundIncident> {
  const digits = /^(?:inc-)?([0-9a-f]{1,16})$/iu.exec(text ?? '')?.[1]?.toLowerCase()
  if (digits === undefined) {
    throw new CommandError('USAGE', {
      message:
        text === undefined
          ? 'expected the ID of an incident'
          : `expected the ID of an incident or its first digits, found "${printable(text)}"`,
      hint: '"secondwind incidents list --state all" shows them',
    })
  }
  const { incidents, now, deriving, former } = await api.get<WireIncidentList>(
    `incidents?id=inc-${digits}`,
  )
  const [row, ...others] = incidents
  const [gone] = former
  if (row === undefined && gone !== undefined) {
    throw new CommandError('NOT_FOUND', {
      message: `no request of ${gone.id} is known any more: a late span withdrew them, or verdicts were made anew after their spans had gone`,
      hint: 'what was done to it is kept, and counts again if it comes again',
      details: formerLines(gone),
    })
  }
  if (row === undefined && deriving) {
    throw new CommandError('NOT_FOUND', {
      message: `no incident has an ID that begins with inc-${digits} yet: verdicts are being derived anew`,
      hint: 'try again when "secondwind incidents" does not say so any more; what was done to it is kept',
    })
  }
  if (row === undefined) {
    throw new CommandError('NOT_FOUND', {
      message: `no incident has an ID that begins with inc-${digits}`,
      hint: 'a late span may have withdrawn it, or it is past its retention; "secondwind incidents list --state all" shows those that there are',
    })
  }
  if (others.length > 0) {
    throw new CommandError('USAGE', {
      message: `inc-${digits} is the beginning of ${incidents.length} incidents`,
      hint: 'give more of its digits',
      details: incidents
        .slice(0, CANDIDATES_SHOWN)
        .map(({ id, state, title }) => `  ${shortId(id)}  ${state}  ${printable(title)}`),
    })
  }
  return { row, nowMs: Date.parse(now) }
}
