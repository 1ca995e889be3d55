import { useLayoutEffect } from 'react'
import { pressKey, type ShortcutAction } from './shortcut-keys.ts'

/** Longer than a second is not a sequence any more but two thoughts. */
const SEQUENCE_MS = 1000

type Handlers = Readonly<Partial<Record<ShortcutAction, () => void>>>

/**
 * The view's handlers come before the frame's. The order of mounting does not tell them apart: a
 * view whose data is at hand mounts before the frame around it.
 */
const layers: Readonly<Record<ShortcutLayer, Handlers[]>> = { view: [], frame: [] }
export type ShortcutLayer = 'view' | 'frame'

let pending: readonly string[] = []
let pressedAtMs = 0

/** Handles the keys of the list in shortcut-keys.ts while the calling component is on the page. */
export function useShortcuts(handlers: Handlers, layer: ShortcutLayer = 'view'): void {
  // With the view itself, not after it is painted: whoever sees the view can press its keys.
  useLayoutEffect(() => {
    const stack = layers[layer]
    stack.push(handlers)
    return () => {
      stack.splice(stack.lastIndexOf(handlers), 1)
    }
  }, [handlers, layer])
}

function findHandler(action: ShortcutAction): (() => void) | undefined {
  const all = [...layers.frame, ...layers.view]
  return all.findLast((handlers) => handlers[action] !== undefined)?.[action]
}

/** Called once by the page's entry. */
export function startShortcuts(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing) return
    // An open dialog has the keyboard for itself.
    if (document.querySelector('dialog[open]') !== null) return
    const target = event.target
    const inField = target instanceof HTMLElement && target.matches('input, textarea, select')
    const stale = event.timeStamp - pressedAtMs > SEQUENCE_MS
    pressedAtMs = event.timeStamp
    const { key, ctrlKey, metaKey, altKey } = event
    const press = { key, ctrlKey, metaKey, altKey, inField }
    const result = pressKey(stale ? [] : pending, press)
    pending = result.pending
    if (result.action === undefined) return
    if (inField && target.matches('input')) target.blur()
    const { action } = result
    const handler = findHandler(action)
    if (handler === undefined || (inField && action === 'back')) return
    event.preventDefault()
    handler()
  })
}

/** `j` and `k` move the focus over the rows of the view; Enter is then the link's own. */
export function moveRowFocus(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')]
  const at = rows.findIndex((row) => row === document.activeElement)
  const next = at === -1 ? (step === 1 ? 0 : rows.length - 1) : at + step
  rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus()
}
