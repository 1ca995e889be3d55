import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { formatCoarse } from './format-duration.ts'
import { formatCount, formatPlural } from './format-share.ts'
import type { HealthNote } from './health-note.ts'

/** Of routers that are still to be connected. */
const SILENT_SHOWN = 5
/** One exporter that is wrong is often that of many routers. */
const REJECTED_SHOWN = 3
/** A machine whose clock is wrong may be many sources. */
const CLOCKS_SHOWN = 3

/** Of those that are configured, and of which nothing ever came. */
export function silentNotes({
  sources,
  otlpHttpUrl,
  lastSpanAt,
}: WireHealth): readonly HealthNote[] {
  // Before the first span of all, the page says how to connect; nobody is missing yet.
  if (lastSpanAt === null) return []
  const silent = sources.filter(({ state }) => state === 'never').map(({ name }) => name)
  const [first] = silent
  if (first === undefined) return []
  const names = silent.slice(0, SILENT_SHOWN).join(', ')
  const more = silent.length - SILENT_SHOWN
  return [
    {
      key: 'silent',
      tone: 'medium',
      title:
        silent.length === 1
          ? `${first} has never sent anything`
          : `${formatPlural(silent.length, 'source')} have never sent anything`,
      detail: `In the configuration, and no span has come that belongs to it: ${names}${more > 0 ? ` and ${formatCount(more)} more` : ''}.`,
      next: `At the router: does OTEL_EXPORTER_OTLP_ENDPOINT lead to ${otlpHttpUrl}, and does its token or its resource fit analyzer.sources?`,
      at: undefined,
    },
  ]
}

/** Of those that send what breaks OTLP's own rules, and nothing else. */
export function rejectedNotes({ sources }: WireHealth): readonly HealthNote[] {
  const all = sources.filter(({ state }) => state === 'rejected')
  return all.slice(0, REJECTED_SHOWN).map(({ name, rejected }) => ({
    key: `rejected ${name}`,
    tone: 'medium',
    title: `Every span of ${name} was rejected`,
    detail: `It sends, and not one of its spans could be stored: ${listReasons(rejected)}.`,
    next: 'Its exporter is told the same in each answer, and its log may show it: see what stands between its instrumentation and the analyzer, and bring that up to date.',
    at: undefined,
  }))
}

/** How many spans were rejected for what, in words. */
export function listReasons(rejected: Readonly<Record<string, number>>): string {
  return Object.entries(rejected)
    .map(([reason, spans]) => `${reason} ${formatCount(spans)}`)
    .join(', ')
}

/** Of those whose spans end far from when they come. */
export function clockNotes({ sources }: WireHealth): readonly HealthNote[] {
  return sources
    .flatMap(({ name, clockAheadMs }) =>
      clockAheadMs === null ? [] : [clockNote(name, clockAheadMs)],
    )
    .slice(0, CLOCKS_SHOWN)
}

function clockNote(name: string, aheadMs: number): HealthNote {
  const note = { key: `clock ${name}`, tone: 'medium', at: undefined } as const
  return aheadMs > 0
    ? {
        ...note,
        title: `The clock of ${name} is ahead by ${formatCoarse(aheadMs)}`,
        detail:
          'Its spans end in the future. Its requests stand at the time at which they came, and what happened before what cannot always be told.',
        next: 'Set the clock of its machines, or of this one, by NTP.',
      }
    : {
        ...note,
        title: `What ${name} sends is ${formatCoarse(-aheadMs)} old when it comes`,
        detail:
          'Its requests stand at the time that its spans tell: look for them there, not in the last hour.',
        next: 'Recordings that are sent later look so, and a queue that works off an outage. If it is neither, set the clock of its machines by NTP.',
      }
}
