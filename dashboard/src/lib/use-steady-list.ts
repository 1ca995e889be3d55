import { useState } from 'react'
import { keepOrder, type SteadyList } from './steady-order.ts'

export interface HeldList<T> extends SteadyList<T> {
  /** To be spread on the element around the rows. */
  readonly holdProps: {
    readonly onPointerEnter: () => void
    readonly onPointerLeave: () => void
    readonly onFocus: () => void
    readonly onBlur: () => void
  }
  readonly letIn: () => void
}

interface Held {
  readonly view: string
  readonly keys: readonly string[]
}

/** A list that does not move while the pointer or the focus is on it. `view` names the filter. */
export function useSteadyList<T>(
  fresh: readonly T[],
  keyOf: (item: T) => string,
  view: string,
): HeldList<T> {
  const [hovered, setHovered] = useState(false)
  const [focused, setFocused] = useState(false)
  const [held, setHeld] = useState<Held | undefined>(undefined)
  const isHeld = hovered || focused
  const hold = (): void => setHeld({ view, keys: fresh.map(keyOf) })
  // Another filter is another list: it is held from its own first rows on.
  if (isHeld && fresh.length > 0 && (held?.view !== view || held.keys.length === 0)) hold()
  const list =
    isHeld && held?.view === view && held.keys.length > 0
      ? keepOrder(fresh, held.keys, keyOf)
      : { items: fresh, waiting: 0 }
  const enter = (set: (on: boolean) => void): void => {
    if (!isHeld) hold()
    set(true)
  }
  return {
    ...list,
    letIn: hold,
    holdProps: {
      onPointerEnter: () => enter(setHovered),
      onPointerLeave: () => setHovered(false),
      onFocus: () => enter(setFocused),
      onBlur: () => setFocused(false),
    },
  }
}
