import { useSyncExternalStore } from 'react'
import { randomId } from './random-id.ts'

/**
 * The address bar as state. Scroll positions are kept per history entry, because a list that is
 * fetched again is longer than the empty page that the browser would scroll.
 */
const listeners = new Set<() => void>()
const scrollByEntry = new Map<string, number>()
/** Far more entries than anybody goes back through; the map must not grow for ever. */
const SCROLL_ENTRIES_MAX = 100

let entry = readEntry()
let address = readAddress()

export type NavigationKind = 'load' | 'push' | 'within' | 'replace' | 'back'
let lastKind: NavigationKind = 'load'

export function useAddress(): string {
  return useSyncExternalStore(subscribe, () => address)
}

/** How the present address came about: only a new view takes the focus and the top. */
export function lastNavigation(): NavigationKind {
  return lastKind
}

export function navigate(path: string): void {
  push(path)
  announce('push')
}

/** Opens something within a view: a step to go back by, which moves neither focus nor scroll. */
export function navigateWithin(path: string): void {
  push(path)
  announce('within')
}

function push(path: string): void {
  rememberScroll()
  history.pushState({ entry: randomId(), depth: readDepth() + 1 }, '', path)
}

/** Back to where the reader came from, or to the view above where a link from outside led here. */
export function goUp(above: string): void {
  if (readDepth() > 0) history.back()
  else navigate(above)
}

/** For a filter that is being typed: the view changes, the history does not grow. */
export function replaceAddress(path: string): void {
  history.replaceState({ entry, depth: readDepth() }, '', path)
  announce('replace')
}

export function rememberedScroll(): number {
  return scrollByEntry.get(entry) ?? 0
}

/** Called once by the page's entry. */
export function startNavigation(): void {
  history.scrollRestoration = 'manual'
  history.replaceState({ entry, depth: readDepth() }, '')
  addEventListener('popstate', () => {
    rememberScroll()
    announce('back')
  })
}

function announce(kind: NavigationKind): void {
  lastKind = kind
  entry = readEntry()
  address = readAddress()
  for (const listener of listeners) listener()
}

function rememberScroll(): void {
  scrollByEntry.delete(entry)
  scrollByEntry.set(entry, scrollY)
  const oldest = scrollByEntry.keys().next()
  if (scrollByEntry.size > SCROLL_ENTRIES_MAX && !oldest.done) scrollByEntry.delete(oldest.value)
}

function readAddress(): string {
  return location.pathname + location.search
}

function readEntry(): string {
  const state: unknown = history.state
  if (typeof state === 'object' && state !== null && 'entry' in state) return String(state.entry)
  return 'first'
}

/** How many views of this page lie behind the present one. */
function readDepth(): number {
  const state: unknown = history.state
  if (typeof state !== 'object' || state === null || !('depth' in state)) return 0
  return typeof state.depth === 'number' ? state.depth : 0
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
