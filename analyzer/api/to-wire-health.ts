import type { ActHealth, ActStore } from '../store/act-store.ts'
import { sumRejected } from '../store/sum-rejected.ts'
import type { SourceCounts, SpanCounts, SpanReader } from '../store/store.ts'
import { isDiskLow } from '../store/measure-disk.ts'
import type { SourceSender } from '../store/verdict-store.ts'
import type { JudgeLag } from '../store/verdict-tallies.ts'
import { cannotShow } from '../story/cannot-show.ts'
import type { Sender } from '../story/sender.ts'
import type { IntakeLevel } from '../ingest/receive/intake-queue.ts'
import type { IntakeFacts } from './intake-facts.ts'
import { toIso } from './to-iso.ts'
import type {
  WireActsHealth,
  WireDisk,
  WireHealth,
  WireIntake,
  WireKeeping,
  WireSource,
} from './wire.ts'

export interface HealthContext {
  readonly reader: SpanReader
  readonly countPending: () => number
  readonly lag: () => JudgeLag
  /** Verdicts are being made anew: requests and incidents are missing. */
  readonly deriving: boolean
  readonly unrecognised: number
  readonly withoutRequest: number
  readonly senders: () => readonly SourceSender[]
  readonly pausedSinceMs: number | undefined
  readonly nowMs: number
  readonly intake: IntakeFacts
  readonly acts: Pick<ActStore, 'health'>
}

/** A router at night may have nothing to say; one that is silent for longer is worth a look. */
const QUIET_MS = 15 * 60_000

/** Sources that are listed by name: more are summed up, for nobody reads that far (I9). */
const SOURCES_MAX = 1000
const OTHER_SOURCES = '__other__'

export function toWireHealth(context: HealthContext): WireHealth {
  const { reader, countPending, lag, unrecognised, withoutRequest, pausedSinceMs, intake } = context
  const counts = reader.counts()
  const { stored, rejected, sources } = counts
  const last = sources.reduce((latest, source) => Math.max(latest, source.lastReceivedMs), 0)
  // Looks at the log first, so that lag is that of now.
  const requestsPending = countPending()
  const { spans, oldestReceivedMs, overdueSinceMs } = lag()
  return {
    spansStored: stored,
    spansRejected: rejected,
    requestsPending,
    judgingPausedSince: toIsoOrNull(pausedSinceMs),
    lastSpanAt: last === 0 ? null : toIso(last),
    spansUnrecognised: unrecognised,
    spansWithoutRequest: withoutRequest,
    otlpHttpUrl: intake.otlpHttpUrl,
    intake: toWireIntake(intake, counts),
    lag: {
      spans,
      oldestReceivedAt: toIsoOrNull(oldestReceivedMs),
      overdueSince: toIsoOrNull(overdueSinceMs),
      derivingAnew: context.deriving,
    },
    disk: toWireDisk(intake),
    keeping: toWireKeeping(intake),
    acts: toWireActs(context.acts.health()),
    sources: toWireSources(sources, context),
    refused: intake.refused.map(({ reason, remoteAddress, count, firstAtMs, lastAtMs }) => ({
      reason,
      remoteAddress,
      count,
      firstAt: toIso(firstAtMs),
      lastAt: toIso(lastAtMs),
    })),
  }
}

function toWireIntake({ queue, report }: IntakeFacts, counts: SpanCounts): WireIntake {
  const { failing, shedBodies } = report
  return {
    // A disk that takes nothing is the graver news, and the cause of the other.
    state: failing === undefined ? stateOf(queue) : 'failing',
    since: toIsoOrNull(failing?.sinceMs ?? queue.pressedSinceMs),
    why: failing?.why ?? null,
    queueBytes: queue.bytes,
    queueBytesMax: queue.bytesMax,
    requestsShed: shedBodies,
    spansShed: counts.shed,
    spansDuplicate: counts.duplicates,
    rejected: Object.fromEntries(sumRejected(counts)),
  }
}

function stateOf({ pressedSinceMs }: IntakeLevel): WireIntake['state'] {
  return pressedSinceMs === undefined ? 'ok' : 'shedding'
}

function toWireDisk({ disk, diskBytesMax }: IntakeFacts): WireDisk | null {
  if (disk === undefined) return null
  const { bytes, freeBytes } = disk
  return { bytes, bytesMax: diskBytesMax, freeBytes, low: isDiskLow(disk) }
}

function toWireKeeping({ keeping }: IntakeFacts): WireKeeping {
  const { trouble, damaged, setAsideBytes } = keeping
  const troubledSince = toIsoOrNull(trouble?.sinceMs)
  return { troubledSince, why: trouble?.why ?? null, damaged, setAsideBytes }
}

function toWireActs({ trouble, losses }: ActHealth): WireActsHealth {
  return {
    troubledSince: toIsoOrNull(trouble?.sinceMs),
    why: trouble?.why ?? null,
    losses: losses.map(({ atMs, how, saved }) => ({ at: toIso(atMs), how, saved })),
  }
}

/** Those of the configuration first, in its order: one that never sent is news. */
function toWireSources(
  counts: readonly SourceCounts[],
  { intake, nowMs, senders }: HealthContext,
): readonly WireSource[] {
  const byName = new Map(counts.map((each) => [each.name, each]))
  const bySource = sendersBySource(senders())
  const clocks = new Map(intake.report.clocksOff.map((clock) => [clock.source, clock.aheadMs]))
  // Of one that only was asked to come again, nothing is known before it does.
  const heard = counts.filter((each) => each.lastReceivedMs > 0 || each.rejected > 0)
  const named = new Set([...intake.sources, ...heard.map(({ name }) => name)])
  const all = [...named].map((name): WireSource => {
    const { stored: spans = 0, rejectedBy = [], lastReceivedMs = 0 } = byName.get(name) ?? {}
    const rejected = Object.fromEntries(rejectedBy)
    if (lastReceivedMs === 0) {
      const state = Object.keys(rejected).length === 0 ? 'never' : 'rejected'
      const none = { lastSpanAt: null, clockAheadMs: null, cannotShow: [] } as const
      return { name, spans, rejected, state, ...none }
    }
    const state = nowMs - lastReceivedMs > QUIET_MS ? 'quiet' : 'sending'
    return {
      name,
      spans,
      rejected,
      lastSpanAt: toIso(lastReceivedMs),
      state,
      clockAheadMs: state === 'sending' ? (clocks.get(name) ?? null) : null,
      cannotShow: cannotShow(bySource.get(name) ?? []),
    }
  })
  return all.length <= SOURCES_MAX ? all : foldSources(all)
}

function sendersBySource(all: readonly SourceSender[]): ReadonlyMap<string, readonly Sender[]> {
  const bySource = new Map<string, Sender[]>()
  for (const { source, sender } of all) {
    const list = bySource.get(source)
    if (list === undefined) bySource.set(source, [sender])
    else list.push(sender)
  }
  return bySource
}

function foldSources(all: readonly WireSource[]): readonly WireSource[] {
  const rest = all.slice(SOURCES_MAX - 1)
  const times = rest.flatMap(({ lastSpanAt }) => lastSpanAt ?? []).toSorted()
  return [
    ...all.slice(0, SOURCES_MAX - 1),
    {
      name: OTHER_SOURCES,
      spans: rest.reduce((sum, { spans }) => sum + spans, 0),
      rejected: sumReasons(rest),
      lastSpanAt: times.at(-1) ?? null,
      state: rest.some(({ state }) => state === 'sending') ? 'sending' : 'quiet',
      clockAheadMs: null,
      cannotShow: [],
    },
  ]
}

function sumReasons(sources: readonly WireSource[]): WireSource['rejected'] {
  const sums = new Map<string, number>()
  for (const { rejected } of sources) {
    for (const [reason, count] of Object.entries(rejected)) {
      sums.set(reason, (sums.get(reason) ?? 0) + count)
    }
  }
  return Object.fromEntries(sums)
}

function toIsoOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : toIso(timeMs)
}
