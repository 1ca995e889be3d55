/**
 * Says when to fetch again: soon after the analyzer's live feed spoke, else every few seconds; not
 * at all while nobody looks. What is fetched is the resource's business.
 */
type Listener = () => void

const FEED_URL = '/api/v1/live'
/** Without the feed. Fast enough to watch an incident, slow enough for a hundred open tabs. */
const POLL_MS = 5000
/** With it: a proxy in between may hold its events back, so silence is trusted only so long. */
const SILENCE_TRUSTED_MS = 30_000
/** With it: a busy router speaks many times a second, and nobody reads that fast. */
const FEED_DELAY_MS = 1000
/** Event names of the feed; unnamed ones count as well. */
const FEED_EVENTS = ['message', 'request', 'incident', 'change', 'health'] as const

const listeners = new Set<Listener>()
let feed: EventSource | undefined
let pollTimer: ReturnType<typeof setInterval> | undefined
let feedTimer: ReturnType<typeof setTimeout> | undefined
let announcedAtMs = 0

/** Calls back whenever something may have changed, until the returned function is called. */
export function onLiveUpdate(listener: Listener): () => void {
  listeners.add(listener)
  if (listeners.size === 1) start()
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) stop()
  }
}

function start(): void {
  document.addEventListener('visibilitychange', onVisibility)
  if (!document.hidden) connect()
}

function stop(): void {
  document.removeEventListener('visibilitychange', onVisibility)
  disconnect()
}

function onVisibility(): void {
  disconnect()
  if (document.hidden) return
  connect()
  announce()
}

function connect(): void {
  pollTimer = setInterval(poll, POLL_MS)
  feed = new EventSource(FEED_URL)
  for (const name of FEED_EVENTS) feed.addEventListener(name, announceSoon)
}

function disconnect(): void {
  clearInterval(pollTimer)
  clearTimeout(feedTimer)
  feedTimer = undefined
  feed?.close()
  feed = undefined
}

function announceSoon(): void {
  feedTimer ??= setTimeout(() => {
    feedTimer = undefined
    announce()
  }, FEED_DELAY_MS)
}

function poll(): void {
  const isQuiet = feed?.readyState === EventSource.OPEN
  if (!isQuiet || performance.now() - announcedAtMs >= SILENCE_TRUSTED_MS) announce()
}

/** Calls every listener back at once. */
export function announce(): void {
  announcedAtMs = performance.now()
  for (const listener of listeners) listener()
}
