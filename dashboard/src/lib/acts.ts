import type { WireAct, WireIncidentState } from '../../../analyzer/api/wire.ts'

export type ActKind = WireAct['kind']

/** As the analyzer limits them; it says so itself where somebody gets past a field. */
export const NAME_CHARS_MAX = 100
export const NOTE_CHARS_MAX = 2000

const FITTING: Readonly<Record<WireIncidentState, readonly ActKind[]>> = {
  open: ['acknowledge', 'resolve', 'mute', 'note'],
  regressed: ['acknowledge', 'resolve', 'mute', 'note'],
  acknowledged: ['resolve', 'mute', 'reopen', 'note'],
  resolved: ['reopen', 'note'],
  muted: ['reopen', 'resolve', 'mute', 'note'],
}

/** What can be done to an incident in this state, in the order of its buttons. */
export function fittingActs(state: WireIncidentState): readonly ActKind[] {
  return FITTING[state]
}

export const ACT_WORDS: Readonly<Record<ActKind, string>> = {
  acknowledge: 'Acknowledge',
  resolve: 'Resolve',
  reopen: 'Reopen',
  mute: 'Mute',
  note: 'Add note',
}

/** What is said once the analyzer has kept it. */
export const DONE_WORDS: Readonly<Record<ActKind, string>> = {
  acknowledge: 'Acknowledged.',
  resolve: 'Resolved.',
  reopen: 'Reopened.',
  mute: 'Muted.',
  note: 'Your note is in the history.',
}

/** What an act means, for who has not done it before. */
export const ACT_MEANINGS: Readonly<Record<ActKind, string>> = {
  acknowledge: 'Says that you see to it. It stays among the open ones.',
  resolve:
    'Says that it is over. A request that fails like this more than 5 minutes from now brings it back as regressed.',
  reopen: 'Puts it back among the open ones.',
  mute: 'Takes it out of the open ones, whatever happens; its requests still count.',
  note: 'Stands in the history, with your name.',
}

export const MUTES = ['hour', 'day', 'reopened'] as const
export type Mute = (typeof MUTES)[number]

export const MUTE_WORDS: Readonly<Record<Mute, string>> = {
  hour: 'For an hour',
  day: 'For a day',
  reopened: 'Until somebody reopens it',
}

const HOUR_MS = 3_600_000

/** The end of a mute, ISO 8601; `undefined`: until it is reopened. */
export function muteUntil(mute: Mute, nowMs: number): string | undefined {
  if (mute === 'reopened') return undefined
  return new Date(nowMs + (mute === 'hour' ? 1 : 24) * HOUR_MS).toISOString()
}
