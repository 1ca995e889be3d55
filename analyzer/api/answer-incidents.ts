import type { Incident } from '../incidents/incident.ts'
import { releasesSeen } from '../incidents/markers.ts'
import { lifecycleOf, type Lifecycle } from '../incidents/lifecycle.ts'
import { latestEpisodes, markersOf } from './answer-episodes.ts'
import { alignedRange, bucketOf } from './buckets.ts'
import { formerIncidents } from './former-incidents.ts'
import type { IncidentContext } from './incident-context.ts'
import { parseRequest } from './parse-request.ts'
import { found, type ApiAnswer, type IncidentFilter } from './query.ts'
import { SEVERITY_ORDER } from './severity-order.ts'
import { toIso } from './to-iso.ts'
import { toWireIncident, toWireIncidentRow } from './to-wire-incident.ts'
import type { WireIncidentList, WireIncidentRow, WireIncidentState } from './wire.ts'

/** Points of a sparkline: what a row shows without crowding. */
const SPARKLINE_POINTS = 30

const OCCURRENCES_SHOWN = 50
const CALLERS_SHOWN = 20
const OVERVIEW_INCIDENTS_MAX = 50
const INCIDENTS_MAX = 500
/** Of an incident that many are folded into: enough to see which they are. */
const FOLDED_READ = 1000

/** An incident, and what people and time have made of it. */
interface Living {
  readonly incident: Incident
  readonly life: Lifecycle
}

export function lifecycleIn({ verdicts, acts, nowMs }: IncidentContext, incident: Incident) {
  const { id } = incident.fingerprint
  return lifecycleOf(
    acts.actsOf(id),
    {
      firstSeenMs: incident.firstSeenMs,
      firstAfter: (ms) => verdicts.firstSeenAfter(id, ms),
    },
    nowMs,
  )
}

export function listIncidents(
  { windowMs, filter }: { readonly windowMs: number; readonly filter: IncidentFilter },
  context: IncidentContext,
): WireIncidentList {
  const living = allLiving(context).filter((each) => matches(each, filter))
  const states = { open: 0, acknowledged: 0, resolved: 0, regressed: 0, muted: 0 }
  for (const { life } of living) states[life.state.name] += 1
  const asked = living.filter(({ life }) => hasState(life.state.name, filter))
  return {
    schemaVersion: 1,
    now: toIso(context.nowMs),
    incidents: toRows(asked, { context, windowMs, limit: INCIDENTS_MAX }),
    states,
    cut: asked.length > INCIDENTS_MAX,
    deriving: context.deriving,
    ...formerIncidents(filter, context),
  }
}

/** Those that somebody still has to see to. */
export function openRows(windowMs: number, context: IncidentContext): readonly WireIncidentRow[] {
  const open = allLiving(context).filter(({ life }) => isOpen(life.state.name))
  return toRows(open, { context, windowMs, limit: OVERVIEW_INCIDENTS_MAX })
}

export function answerIncident(id: string, context: IncidentContext): ApiAnswer {
  const { verdicts, nowMs } = context
  const incident = verdicts.incident(id)
  const requests = verdicts.occurrences(id, OCCURRENCES_SHOWN)
  const [newest] = requests
  if (incident === undefined || newest === undefined) return noIncident(id, context)
  const life = lifecycleIn(context, incident)
  const { source } = incident.fingerprint.ingredients
  const sinceLast = Math.max(HOUR_MS, nowMs - incident.lastSeenMs + HOUR_MS)
  return found(
    toWireIncident(incident, {
      row: toRow(
        { incident, life },
        { context, windowMs: HOUR_MS, episodes: latestEpisodes(sinceLast, context) },
      ),
      nowMs,
      requests: requests.map((request) => [request.atMs, parseRequest(request)]),
      example: parseRequest(newest),
      callers: verdicts.callers(id, CALLERS_SHOWN),
      history: life.history,
      markers: markersOf({ source, atMs: incident.firstSeenMs }, context),
      gateways: releasesSeen(verdicts.gatewayRuns(), { source, atMs: incident.lastSeenMs }),
      folded: verdicts.folded(id, FOLDED_READ),
    }),
  )
}

export function noIncident(id: string, { acts, deriving }: IncidentContext): ApiAnswer {
  if (deriving) {
    return {
      kind: 'not-found',
      what: `There is no incident ${id} yet: verdicts are being derived anew.`,
      hint: 'It comes back with its first request that is judged again. What was done to it is kept.',
    }
  }
  if (acts.actsOf(id).length > 0) {
    return {
      kind: 'not-found',
      what: `No request of incident ${id} is known any more.`,
      hint: 'A late span withdrew them, or verdicts were derived anew after their spans had gone. What was done to it is kept: see the foot of the list of incidents.',
    }
  }
  return {
    kind: 'not-found',
    what: `There is no incident ${id}.`,
    hint: 'A late span may have withdrawn it, or it is past its retention. See the list of incidents.',
  }
}

function allLiving(context: IncidentContext): readonly Living[] {
  return context.verdicts
    .incidents()
    .map((incident) => ({ incident, life: lifecycleIn(context, incident) }))
}

function matches({ incident }: Living, filter: IncidentFilter): boolean {
  const { severities, rule, source, idPrefix } = filter
  const { id, ingredients } = incident.fingerprint
  return (
    (severities === undefined || severities.includes(incident.severity)) &&
    (rule === undefined || rule === incident.rule) &&
    (source === undefined || source === ingredients.source) &&
    (idPrefix === undefined || id.startsWith(idPrefix))
  )
}

function hasState(state: WireIncidentState, { states }: IncidentFilter): boolean {
  return states === undefined || states.includes(state)
}

function isOpen(state: WireIncidentState): boolean {
  return state === 'open' || state === 'acknowledged' || state === 'regressed'
}

const NO_EPISODES: ReadonlyMap<string, string> = new Map()

interface RowContext {
  readonly context: IncidentContext
  readonly windowMs: number
}

/** The worst first, and of equally bad ones the newest. */
function toRows(
  all: readonly Living[],
  { context, windowMs, limit }: RowContext & { readonly limit: number },
): readonly WireIncidentRow[] {
  const episodes = all.length === 0 ? NO_EPISODES : latestEpisodes(windowMs, context)
  return all
    .toSorted(
      ({ incident: left }, { incident: right }) =>
        SEVERITY_ORDER[left.severity] - SEVERITY_ORDER[right.severity] ||
        right.lastSeenMs - left.lastSeenMs,
    )
    .slice(0, limit)
    .map((each) => toRow(each, { context, windowMs, episodes }))
}

function toRow(
  { incident, life }: Living,
  { context, windowMs, episodes }: RowContext & { readonly episodes: ReadonlyMap<string, string> },
): WireIncidentRow {
  const { verdicts, nowMs } = context
  const bucketMs = bucketOf(windowMs, SPARKLINE_POINTS)
  const range = alignedRange({ nowMs, windowMs, bucketMs })
  return toWireIncidentRow(incident, {
    nowMs,
    state: life.state,
    episode: episodes.get(incident.fingerprint.id) ?? null,
    sparkline: verdicts.sparkline(incident.fingerprint.id, range, bucketMs),
  })
}

const HOUR_MS = 3_600_000
