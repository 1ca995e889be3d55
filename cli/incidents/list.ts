import type { WireIncidentList } from '../../analyzer/api/wire.ts'
import { API_FLAGS, apiOf } from '../api/api-flags.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { columns } from '../columns.ts'
import { parseFlags } from '../parse-flags.ts'
import { printable } from '../terminal-text.ts'
import { describeEdge } from './describe-edge.ts'
import { shortId } from './short-id.ts'
import { since } from './since.ts'

const FORMER_NAMED = 5

/** Those that somebody still has to see to. */
const STATES_DEFAULT = 'open,acknowledged,regressed'

export async function list(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseFlags(args, {
    ...API_FLAGS,
    state: { type: 'string' },
    severity: { type: 'string' },
    rule: { type: 'string' },
    source: { type: 'string' },
  })
  const state = values.state ?? STATES_DEFAULT
  const query = new URLSearchParams()
  if (state !== 'all') query.set('state', state)
  for (const name of ['severity', 'rule', 'source'] as const) {
    const value = values[name]
    if (value !== undefined) query.set(name, value)
  }
  const answer = await apiOf(values).get<WireIncidentList>(`incidents?${query.toString()}`)
  io.stdout.write(values.json === true ? `${JSON.stringify(answer)}\n` : toText(answer))
  return EXIT.ok
}

function toText({ incidents, states, now, cut, former }: WireIncidentList): string {
  const nowMs = Date.parse(now)
  const all = Object.entries(states).filter(([, count]) => count > 0)
  const total =
    all.length === 0 ? 'none' : all.map(([name, count]) => `${count} ${name}`).join(', ')
  const more = cut ? '; more than are shown: narrow it with --rule or --source' : ''
  const last = `incidents: ${total}${more}\n${formerLine(former)}`
  if (incidents.length === 0) return `nothing to show\n${last}`
  const rows = incidents.map((incident) => [
    shortId(incident.id),
    incident.state,
    incident.severity,
    String(incident.count),
    since(incident.lastSeen, nowMs),
    printable(`${incident.source}: ${describeEdge(incident.edge)}`),
    printable(incident.title),
  ])
  const lines = columns(
    [['id', 'state', 'severity', 'count', 'last seen', 'route', 'what'], ...rows],
    ['left', 'left', 'left', 'right', 'right', 'left', 'left'],
  )
  return `${lines.join('\n')}\n${last}`
}

function formerLine(former: WireIncidentList['former']): string {
  if (former.length === 0) return ''
  const ids = former.slice(0, FORMER_NAMED).map(({ id }) => shortId(id))
  const more = former.length > ids.length ? ' …' : ''
  return `acted on, and no request of it is known any more: ${ids.join(', ')}${more}\n`
}
