import type { WireHealth, WireIncidentList } from '../../analyzer/api/wire.ts'
import { EVERY_RULE } from '../../analyzer/rules/every-rule.ts'
import { hintFor } from '../../collector/config/suggest.ts'
import type { AnalyzerApi } from '../api/analyzer-api.ts'
import { API_FLAGS, apiOf } from '../api/api-flags.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { columns } from '../columns.ts'
import { parseFlags } from '../parse-flags.ts'
import { printable } from '../terminal-text.ts'
import { describeEdge } from './describe-edge.ts'
import { shortId } from './short-id.ts'
import { since } from './since.ts'

const FORMER_NAMED = 5

/** Beside the state, by which every answer counts. */
const NARROWING = ['severity', 'rule', 'source'] as const

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
  const { state = STATES_DEFAULT, rule, source } = values
  const query = new URLSearchParams()
  if (state !== 'all') query.set('state', state)
  if (rule !== undefined) expectRule(rule)
  if (values.severity === 'info') throw neverOpens()
  const narrowedBy = NARROWING.flatMap((name) => {
    const value = values[name]
    if (value === undefined) return []
    query.set(name, value)
    return [`${name} ${printable(value)}`]
  })
  const api = apiOf(values)
  const answer = await api.get<WireIncidentList>(`incidents?${query.toString()}`)
  if (source !== undefined && answer.incidents.length === 0) await expectSource(api, source)
  io.stdout.write(values.json === true ? `${JSON.stringify(answer)}\n` : toText(answer, narrowedBy))
  return EXIT.ok
}

function neverOpens(): CommandError {
  return new CommandError('USAGE', {
    message: '--severity: what is "info" is counted and never opens an incident',
    hint: 'high or medium',
  })
}

function expectRule(rule: string): void {
  const ids = EVERY_RULE.map(({ id }) => id)
  if (ids.includes(rule)) return
  throw new CommandError('USAGE', {
    message: `--rule: there is no rule "${printable(rule)}"`,
    hint: `${hintFor(rule, ids)}; "secondwind rules list" shows them`,
  })
}

/** A slip of the pen must not read as: this router has no incidents. */
async function expectSource(api: AnalyzerApi, source: string): Promise<void> {
  const { sources } = await api.get<WireHealth>('health')
  const names = sources.map(({ name }) => name)
  if (names.includes(source)) return
  throw new CommandError('NOT_FOUND', {
    message: `--source: the analyzer knows no source "${printable(source)}"`,
    hint:
      names.length === 0
        ? 'it has received nothing yet, and no source is configured'
        : printable(hintFor(source, names)),
  })
}

function toText(list: WireIncidentList, narrowedBy: readonly string[]): string {
  const { incidents, states, now, cut, deriving } = list
  const nowMs = Date.parse(now)
  const all = Object.entries(states).filter(([, count]) => count > 0)
  const total =
    all.length === 0 ? 'none' : all.map(([name, count]) => `${count} ${name}`).join(', ')
  const more = cut ? '; more than are shown: narrow it with --rule or --source' : ''
  const which = narrowedBy.length === 0 ? '' : ` (${narrowedBy.join(', ')})`
  const last = `incidents${which}: ${total}${more}\n${deriving ? DERIVING : ''}${formerLine(list)}`
  if (incidents.length === 0) {
    return `nothing to show${all.length === 0 ? '' : '; --state all shows every state'}\n${last}`
  }
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

const DERIVING =
  'verdicts are being derived anew: incidents are missing here, and counts are too low\n'

function formerLine({ former, formerMore }: WireIncidentList): string {
  if (former.length === 0) return ''
  const ids = former.slice(0, FORMER_NAMED).map(({ id }) => shortId(id))
  const unnamed = former.length - ids.length + formerMore
  const more = unnamed > 0 ? ` and ${unnamed} more` : ''
  return `acted on, and no request of it is known any more: ${ids.join(', ')}${more}\n`
}
