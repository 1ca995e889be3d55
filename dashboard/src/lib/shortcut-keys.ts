export type ShortcutAction =
  | 'help'
  | 'overview'
  | 'incidents'
  | 'requests'
  | 'traces'
  | 'rules'
  | 'next'
  | 'previous'
  | 'search'
  | 'next-error'
  | 'previous-error'
  | 'theme'
  | 'acknowledge'
  | 'resolve'
  | 'mute'
  | 'note'
  | 'back'

export interface Shortcut {
  readonly keys: readonly string[]
  readonly action: ShortcutAction
  readonly does: string
}

/** What the help dialog lists and what the keyboard does: one list, so that they agree. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['?'], action: 'help', does: 'Show this help' },
  { keys: ['g', 'o'], action: 'overview', does: 'Go to the overview' },
  { keys: ['g', 'i'], action: 'incidents', does: 'Go to the incidents' },
  { keys: ['g', 'r'], action: 'requests', does: 'Go to the requests' },
  { keys: ['g', 't'], action: 'traces', does: 'Open a trace by its id' },
  { keys: ['g', 'u'], action: 'rules', does: 'Go to the rules' },
  { keys: ['j'], action: 'next', does: 'Next row' },
  { keys: ['k'], action: 'previous', does: 'Previous row' },
  { keys: ['/'], action: 'search', does: 'Go to the filter' },
  { keys: ['e'], action: 'next-error', does: 'Next error in the trace' },
  { keys: ['E'], action: 'previous-error', does: 'Previous error in the trace' },
  { keys: ['a'], action: 'acknowledge', does: 'Acknowledge the incident' },
  { keys: ['r'], action: 'resolve', does: 'Resolve the incident' },
  { keys: ['m'], action: 'mute', does: 'Mute the incident' },
  { keys: ['n'], action: 'note', does: 'Write a note to the incident' },
  { keys: ['d'], action: 'theme', does: 'Change the theme: system, light, dark' },
  { keys: ['Escape'], action: 'back', does: 'Close, or go up one level' },
]

export interface KeyPress {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  /** The key is being typed into a field. */
  readonly inField: boolean
}

export interface KeyResult {
  /** Keys typed so far of a sequence that may still become one. */
  readonly pending: readonly string[]
  readonly action?: ShortcutAction
}

/** Never fires in a field, nor with a modifier: those belong to the browser and the reader. */
export function pressKey(pending: readonly string[], press: KeyPress): KeyResult {
  if (press.ctrlKey || press.metaKey || press.altKey) return { pending: [] }
  if (press.inField) return press.key === 'Escape' ? { pending: [], action: 'back' } : NOTHING
  if (press.key === 'Shift') return { pending }
  return matchKeys([...pending, press.key]) ?? matchKeys([press.key]) ?? NOTHING
}

const NOTHING: KeyResult = { pending: [] }

function matchKeys(typed: readonly string[]): KeyResult | undefined {
  const candidates = SHORTCUTS.filter(({ keys }) => typed.every((key, at) => keys[at] === key))
  const exact = candidates.find(({ keys }) => keys.length === typed.length)
  if (exact !== undefined) return { pending: [], action: exact.action }
  return candidates.length > 0 ? { pending: typed } : undefined
}
