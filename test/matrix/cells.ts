import type { ContinuationStyle } from '../../demo/provider/answer-text.ts'
import type { Api } from '../../collector/vocabulary.ts'
import { FAULTS, POSITIONS } from './faults.ts'
import type { Fault, Position } from './faults.ts'

/** Protocols that the sidecar serves and asks for. */
export const SERVED: readonly Api[] = ['chat', 'messages', 'responses']

/** What stands behind the target that breaks. */
export const CHAINS = ['rescue', 'breaks too', 'nobody left', 'alone'] as const
export type ChainKind = (typeof CHAINS)[number]

export interface Cell {
  /** `chat/same/reset/in-text`: its golden file, without the ending. */
  readonly path: string
  readonly client: Api
  /** The protocol of the target that breaks. */
  readonly target: Api
  readonly fault: Fault
  readonly at: Position
  readonly chain: ChainKind
  /** The protocols of the targets behind the first. */
  readonly fallbacks: readonly Api[]
  /** How fallbacks of this cell answer when they are asked to go on. */
  readonly style: ContinuationStyle
  /** Whether a Messages fallback takes a prefill. */
  readonly prefills: boolean
}

export type Slot =
  | { readonly kind: 'cell'; readonly path: string; readonly cell: Cell }
  | { readonly kind: 'impossible'; readonly path: string; readonly why: string }

export const TARGETS = ['same', 'cross'] as const
type Target = (typeof TARGETS)[number]

export const STYLES: readonly ContinuationStyle[] = ['from-anchor', 'starts-over', 'without-anchor']

/** Three cells of five are rescued at once; the others fail on, in turn. */
const CHAIN_TURNS: readonly ChainKind[] = [
  'rescue',
  'breaks too',
  'rescue',
  'nobody left',
  'rescue',
  'alone',
  'rescue',
]

export const SLOTS: readonly Slot[] = SERVED.flatMap((client) =>
  TARGETS.flatMap((target) =>
    FAULTS.flatMap((fault, row) =>
      POSITIONS.map((at, column) =>
        slotOf({ client, target, fault, at, turn: row * 3 + column, blend: blendOf(target, row) }),
      ),
    ),
  ),
)

export const CELLS: readonly Cell[] = SLOTS.flatMap((slot) =>
  slot.kind === 'cell' ? [slot.cell] : [],
)

/**
 * Who stands behind a target and how they go on must not hang on where it breaks: at every position
 * each client meets fallbacks of all three protocols, going on in all three styles.
 */
function blendOf(target: Target, row: number): number {
  return row + (target === 'cross' ? 7 : 0)
}

interface SlotInput {
  readonly client: Api
  readonly target: Target
  readonly fault: Fault
  readonly at: Position
  readonly turn: number
  readonly blend: number
}

function slotOf({ client, target, fault, at, turn, blend }: SlotInput): Slot {
  const path = [client, target, fault.name, at.replaceAll(' ', '-')].join('/')
  const others = SERVED.filter((api) => api !== client)
  // The other protocols by turns; where only one can break so, that one.
  const candidates = target === 'same' ? [client] : inTurn(others, turn)
  const able = candidates.find((api) => fault.impossible(at, api) === undefined)
  if (able === undefined) {
    const why = fault.impossible(at, candidates[0] ?? client) ?? ''
    return { kind: 'impossible', path, why }
  }
  const chain = CHAIN_TURNS[turn % CHAIN_TURNS.length] ?? 'rescue'
  const fallbacks = inTurn(SERVED, Math.floor(blend / STYLES.length))
  return {
    kind: 'cell',
    path,
    cell: {
      path,
      client,
      target: able,
      fault,
      at,
      chain,
      fallbacks: fallbacksOf(chain, fallbacks),
      style: STYLES[blend % STYLES.length] ?? 'from-anchor',
      prefills: turn % 4 === 0,
    },
  }
}

function fallbacksOf(chain: ChainKind, apis: readonly Api[]): readonly Api[] {
  const [first = 'chat', second = 'chat'] = apis
  switch (chain) {
    case 'rescue':
    case 'nobody left':
      return [first]
    case 'breaks too':
      return [first, second]
    case 'alone':
      return []
    default:
      return chain satisfies never
  }
}

function inTurn<T>(items: readonly T[], turn: number): readonly T[] {
  const start = turn % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
