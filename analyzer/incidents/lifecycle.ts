import type { Act } from './act.ts'

/**
 * The state of an incident and how it came to it, as one pure fold over what people did, what was
 * seen, and the time: no store, no order of arrival. Where all is derived anew from the spans, the
 * same acts give the same states.
 */

/** Requests that were under way when someone resolved it are the old outage, not a new one. */
export const REGRESSION_GRACE_MS = 5 * 60_000

/** `sinceMs`: when this state began. Who brought it about is a person where one is named. */
export type IncidentState =
  | {
      readonly name: 'open'
      readonly sinceMs: number
      /** Absent: open since its first request, or since a mute ended. */
      readonly by?: string
    }
  | { readonly name: 'acknowledged'; readonly sinceMs: number; readonly by: string }
  | Resolved
  | { readonly name: 'regressed'; readonly sinceMs: number; readonly resolved: Resolved }
  | {
      readonly name: 'muted'
      readonly sinceMs: number
      readonly by: string
      /** Absent: until someone reopens it. */
      readonly untilMs?: number
    }

interface Resolved {
  readonly name: 'resolved'
  readonly sinceMs: number
  readonly by: string
}

export type IncidentStateName = IncidentState['name']

/** One line of an incident's history; `state` is the one after it. */
export type HistoryEntry = { readonly atMs: number; readonly state: IncidentState } & (
  | { readonly kind: 'opened' | 'mute-ended' }
  | { readonly kind: 'regressed'; readonly resolved: Resolved }
  | { readonly kind: 'act'; readonly act: Act }
)

export interface Lifecycle {
  readonly state: IncidentState
  /** The oldest first. */
  readonly history: readonly HistoryEntry[]
}

/** What was seen of an incident, as far as its state rests on it. */
export interface Seen {
  readonly firstSeenMs: number
  /** The first request behind this time; undefined where there is none. */
  firstAfter(ms: number): number | undefined
}

/** `acts` in the order in which they were done. */
export function lifecycleOf(acts: readonly Act[], seen: Seen, nowMs: number): Lifecycle {
  let state: IncidentState = { name: 'open', sinceMs: seen.firstSeenMs }
  const history: HistoryEntry[] = [{ kind: 'opened', atMs: seen.firstSeenMs, state }]
  const letPass = (untilMs: number): void => {
    const entry = changeByItself(state, seen, untilMs)
    if (entry === undefined) return
    state = entry.state
    history.push(entry)
  }
  for (const act of acts) {
    letPass(act.atMs)
    const effect = effectOf(act, state)
    if (effect.kind === 'changes') state = effect.state
    history.push({ kind: 'act', atMs: act.atMs, state, act })
  }
  letPass(nowMs)
  return { state, history }
}

/** What happens to a state without anybody's doing, up to this time. */
function changeByItself(
  state: IncidentState,
  seen: Seen,
  untilMs: number,
): HistoryEntry | undefined {
  if (state.name === 'resolved') {
    const atMs = seen.firstAfter(state.sinceMs + REGRESSION_GRACE_MS)
    if (atMs === undefined || atMs > untilMs) return undefined
    const after = { name: 'regressed', sinceMs: atMs, resolved: state } as const
    return { kind: 'regressed', atMs, state: after, resolved: state }
  }
  if (state.name !== 'muted' || state.untilMs === undefined || state.untilMs > untilMs) {
    return undefined
  }
  // Whatever it was before: who mutes for a time wants to be asked again after it.
  const after = { name: 'open', sinceMs: state.untilMs } as const
  return { kind: 'mute-ended', atMs: state.untilMs, state: after }
}

/** Times behind which the next request makes a resolved incident regress. */
export function regressionTurns(acts: readonly Act[]): readonly number[] {
  return acts.flatMap(({ kind, atMs }) => (kind === 'resolve' ? [atMs + REGRESSION_GRACE_MS] : []))
}

export type Effect =
  | { readonly kind: 'changes'; readonly state: IncidentState }
  /** It is as the act would have it. */
  | { readonly kind: 'nothing' }
  /** It has no meaning in this state: another act must come first. */
  | { readonly kind: 'impossible'; readonly why: string }

const NOTHING: Effect = { kind: 'nothing' }

/** What an act makes of a state. */
export function effectOf(act: Act, state: IncidentState): Effect {
  const { atMs: sinceMs, by, untilMs } = act
  switch (act.kind) {
    case 'acknowledge':
      if (state.name === 'resolved' || state.name === 'muted') {
        return { kind: 'impossible', why: `it is ${state.name}; reopen it first` }
      }
      if (state.name === 'acknowledged' && state.by === by) return NOTHING
      return { kind: 'changes', state: { name: 'acknowledged', sinceMs, by } }
    case 'resolve':
      if (state.name === 'resolved') return NOTHING
      return { kind: 'changes', state: { name: 'resolved', sinceMs, by } }
    case 'reopen':
      if (state.name === 'open' || state.name === 'regressed') return NOTHING
      return { kind: 'changes', state: { name: 'open', sinceMs, by } }
    case 'mute':
      if (state.name === 'muted' && state.untilMs === untilMs) return NOTHING
      return {
        kind: 'changes',
        state: { name: 'muted', sinceMs, by, ...(untilMs !== undefined && { untilMs }) },
      }
    case 'note':
      return NOTHING
  }
}
