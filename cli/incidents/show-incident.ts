import type {
  WireAttempt,
  WireIncident,
  WireIncidentRow,
  WireRemedyStep,
} from '../../analyzer/api/wire.ts'
import { columns } from '../columns.ts'
import { painter, printable, type Colour } from '../terminal-text.ts'
import { describeAttempt, describeClientSaw } from '../trace/describe-attempt.ts'
import { describeEdge } from './describe-edge.ts'
import { changeLines, releaseLines } from './gateway-lines.ts'
import { historyLines } from './history-lines.ts'
import { since } from './since.ts'

const STATE_COLOURS: Readonly<Record<WireIncidentRow['state'], Colour>> = {
  open: 'red',
  regressed: 'red',
  acknowledged: 'yellow',
  resolved: 'green',
  muted: 'dim',
}

/** All that there is to say of one incident, for a person. */
export function incidentLines(incident: WireIncident, colour: boolean): readonly string[] {
  const paint = painter(colour)
  const { state, stateSince, severity, confidence, count, now } = incident
  const nowMs = Date.parse(now)
  const happening = incident.stillHappening ? 'still happening, ' : ''
  return [
    `${incident.id}  ${paint(state, STATE_COLOURS[state])} ${since(stateSince, nowMs)}${doneBy(incident)}`,
    paint(printable(incident.title), 'bold'),
    `${incident.rule} (${severity}, ${confidence})`,
    '',
    printable(incident.summary),
    '',
    `${happening}${count === 1 ? 'once' : `${count} times`}: first ${since(incident.firstSeen, nowMs)}, last ${since(incident.lastSeen, nowMs)}`,
    ...factLines(incident),
    '',
    paint('What really failed', 'bold'),
    ...attemptLines(incident.example.attempts),
    paint('What the client saw', 'bold'),
    `  ${describeClientSaw(incident.example.clientSaw)}`,
    '',
    ...stepLines(paint('Stop it now', 'bold'), incident.remedy.stopItNow),
    ...stepLines(paint('Fix it', 'bold'), incident.remedy.fixIt),
    ...stepLines(paint('Verify', 'bold'), incident.remedy.verify),
    ...titled(paint('What releases do', 'bold'), releaseLines(incident)),
    ...titled(paint('Changed before it began', 'bold'), changeLines(incident)),
    '',
    paint('History', 'bold'),
    ...incident.history.flatMap(historyLines),
  ]
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function doneBy({ stateBy, mutedUntil }: WireIncidentRow): string {
  const by = stateBy === null ? '' : `, by ${printable(stateBy)}`
  return mutedUntil === null ? by : `${by}, until ${mutedUntil}`
}

function factLines(incident: WireIncident): readonly string[] {
  const { edge, provider, source, cause, callers, folded, example } = incident
  const facts: readonly (readonly [string, string])[] = [
    ['source', source],
    ['route', describeEdge(edge)],
    ['provider', provider ?? 'unknown'],
    ['cause', cause],
    ...(callers.length === 0
      ? []
      : [['callers', callers.map(({ name, count }) => `${name} (${count})`).join(', ')] as const]),
    ['example', `secondwind trace ${example.traceId}`],
    ...(folded === null
      ? []
      : folded.most.map(
          ({ edge: { from, to }, cause: of, count }) =>
            ['folded', `${count} × ${from ?? 'unknown'} → ${to ?? 'none'}: ${of}`] as const,
        )),
    ...(folded === null || folded.further === 0
      ? []
      : [['folded', `and ${folded.further} further kinds`] as const]),
  ]
  return columns(
    facts.map(([name, value]) => [name, printable(value)]),
    ['left', 'left'],
  )
}

function attemptLines(attempts: readonly WireAttempt[]): readonly string[] {
  return attempts.length === 0
    ? ['  no attempt was seen']
    : attempts.map((attempt) => `  ${describeAttempt(attempt)}`)
}

function stepLines(title: string, { text, snippet }: WireRemedyStep): readonly string[] {
  if (text === '') return []
  const code = snippet === undefined ? [] : snippet.code.split('\n')
  return [`${title}: ${printable(text)}`, ...code.map((line) => `    ${printable(line)}`)]
}
