import { useSyncExternalStore } from 'react'

/** One clock for all relative times on the page, so that they change together and only once. */
const TICK_MS = 1000
const MINUTE_MS = 60_000

const listeners = new Set<() => void>()
let nowMs = Date.now()
/** Analyzer's time minus the browser's: ages are told by the clock that wrote them. */
let offsetMs = 0
let timer: ReturnType<typeof setInterval> | undefined

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs)
}

/** The same to the minute, for what changes once a day: a table of times need not tick. */
export function useMinute(): number {
  return useSyncExternalStore(subscribe, () => nowMs - (nowMs % MINUTE_MS))
}

/** The analyzer's time at this moment: for times that are sent to it. */
export function serverNowMs(): number {
  return Date.now() + offsetMs
}

/** Differences within a second are the response's own travel time and not worth a jump. */
export function setServerTime(serverNow: string): void {
  const serverMs = Date.parse(serverNow)
  if (Number.isNaN(serverMs)) return
  const offset = serverMs - Date.now()
  offsetMs = Math.abs(offset) < TICK_MS ? 0 : offset
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function tick(): void {
  nowMs = serverNowMs()
  for (const listener of listeners) listener()
}
