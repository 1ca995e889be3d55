import { setTimeout as delay } from 'node:timers/promises'
import type { Planned } from './schedule.ts'
import type { Scenario } from './scenarios.ts'

export interface TrafficOptions {
  readonly sidecarUrl: string
  readonly plan: Iterable<Planned>
  /** Stops sending; what is on its way is let finish. */
  readonly signal: AbortSignal
}

export interface Traffic {
  readonly counts: TrafficCounts
  /** Settles once every request that was sent has ended. */
  readonly done: Promise<void>
}

/** What the clients saw: plain bytes and statuses, nothing that the analyzer says. */
export interface TrafficCounts {
  sent: number
  ended: number
}

/** Longer than any request of the demo: one that hangs is cut off, and counts as ended. */
const REQUEST_MS_MAX = 60_000

/** Words that a client reads before it goes away. */
const LEAVES_AFTER_WORDS = 3

/** Sends the plan over real HTTP, each request at its time, however slow the others are. */
export function startTraffic(options: TrafficOptions): Traffic {
  const counts: TrafficCounts = { sent: 0, ended: 0 }
  return { counts, done: sendAll(options, counts) }
}

async function sendAll(options: TrafficOptions, counts: TrafficCounts): Promise<void> {
  const startedMs = performance.now()
  const running = new Set<Promise<void>>()
  for (const { scenario, atMs } of options.plan) {
    if (!(await waitUntil(startedMs + atMs, options.signal))) break
    counts.sent += 1
    const one = ask(options.sidecarUrl, scenario).finally(() => {
      counts.ended += 1
      running.delete(one)
    })
    running.add(one)
  }
  await Promise.all(running)
}

async function waitUntil(atMs: number, signal: AbortSignal): Promise<boolean> {
  const leftMs = atMs - performance.now()
  if (leftMs <= 0 || signal.aborted) return !signal.aborted
  try {
    await delay(leftMs, undefined, { signal })
    return true
  } catch {
    // Stopped while waiting for the next one.
    return false
  }
}

const PATHS: Readonly<Record<Scenario['api'], string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
}

async function ask(sidecarUrl: string, scenario: Scenario): Promise<void> {
  const leave = new AbortController()
  const limit = AbortSignal.any([leave.signal, AbortSignal.timeout(REQUEST_MS_MAX)])
  try {
    const response = await fetch(sidecarUrl + PATHS[scenario.api], {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify(bodyOf(scenario)),
      signal: limit,
    })
    let text = ''
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) {
      if (scenario.clientLeaves !== true) continue
      text += decoder.decode(bytes, { stream: true })
      if (text.split('word-').length > LEAVES_AFTER_WORDS) leave.abort()
    }
  } catch {
    // A stream that breaks is what is shown here; what became of it is the analyzer's to tell.
  }
}

function bodyOf({ api, name, stream }: Scenario): unknown {
  const turns = [{ role: 'user', content: 'Say the sixty words.' }]
  switch (api) {
    case 'chat':
      return { model: name, stream, messages: turns }
    case 'messages':
      return { model: name, stream, messages: turns, max_tokens: 1024 }
    case 'responses':
      return { model: name, stream, input: turns }
    default:
      return api satisfies never
  }
}
