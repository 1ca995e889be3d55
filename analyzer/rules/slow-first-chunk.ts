import type { Attempt, Evidence, Story } from '../story/story.ts'
import { describeTarget } from './describe.ts'
import type { Finding, Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/** LiteLLM #19909: its `stream_timeout` limits silence between bytes, not the wait for a first. */
export const slowFirstChunk: Rule = {
  id: 'slow-first-chunk',
  severity: 'info',
  title: 'First content later than the limit',
  description:
    'The client waited longer for the first content of a stream than the limit (`analyzer.rules.slow_first_content_ms`), or left while it waited.',
  opensWhenRescued: false,
  needs: ['first-content-time'],
  remedy: {
    stopItNow: {
      text: 'Where the first target of {route} is the slow one, send its clients to {fallback} by hand: swap the two in `model_list` and restart. Where a rescue took the time, it was the failure before it: see that request’s attempts.',
    },
    fixIt: {
      text: 'Limit the wait for the first content, so that the next target is asked while the client still waits. The sidecar has a timer for it. LiteLLM has none: its `stream_timeout` is the longest silence between two bytes, any keep-alive comment defeats it, and 1.109 hands no time-out to a fallback.',
      snippet: {
        language: 'yaml',
        code: 'secondwind:\n  routes:\n    {route}:\n      timers: { first_event_ms: 10000, first_content_ms: 20000 }',
      },
    },
    verify: verifyStep('slow-first-chunk'),
  },
  releases: [
    {
      gateway: 'litellm',
      text: '`stream_timeout` is no limit on the wait for a first chunk: keep-alive comments defeat it in every release that was run.',
    },
    {
      gateway: 'litellm',
      from: '1.90',
      to: '1.97',
      text: 'A stall before content is handed to the fallback; native /v1/responses ignores `stream_timeout`.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'A stall before content ends the request with 408; on `openai/` targets the fallback is not asked.',
    },
  ],
  evaluate(story, { slowFirstContentMs }) {
    // Without streaming the first content is the whole answer, and its time is the answer's length.
    if (story.stream !== true) return undefined
    const first = firstContent(story)
    if (first !== undefined) {
      return first.afterMs > slowFirstContentMs ? slow(story, first, slowFirstContentMs) : undefined
    }
    return leftWaiting(story, slowFirstContentMs)
  },
}

interface FirstContent {
  readonly afterMs: number
  readonly attempt: Attempt | undefined
  readonly evidence: Evidence
}

/** What the client waited where a span says so, else at least what the first to answer took. */
function firstContent({ client, attempts, requestSpanId }: Story): FirstContent | undefined {
  const attempt = attempts.find(({ timeToFirstContentMs }) => timeToFirstContentMs !== undefined)
  const afterMs = client.timeToFirstContentMs ?? attempt?.timeToFirstContentMs
  if (afterMs === undefined) return undefined
  const spanId =
    client.timeToFirstContentMs === undefined ? (attempt?.spanId ?? requestSpanId) : requestSpanId
  return {
    afterMs,
    attempt,
    evidence: { spanId, key: 'first content after', value: `${Math.round(afterMs)} ms` },
  }
}

function slow(
  story: Story,
  { afterMs, attempt, evidence }: FirstContent,
  limitMs: number,
): Finding {
  const behind = attempt !== undefined && attempt !== story.attempts[0]
  const whose = attempt === undefined ? '' : ` of ${describeTarget(attempt)}`
  const after = behind ? `, which was asked after ${story.attempts.length - 1} others` : ''
  return {
    confidence: story.sureness,
    summary: `The first content${whose} came after ${seconds(afterMs)}${after}; the limit is ${seconds(limitMs)}.`,
    evidence: [evidence],
    cause: behind ? 'slow rescue' : 'slow target',
  }
}

/** A client that gives up has waited for as long as it stayed. */
function leftWaiting(story: Story, limitMs: number): Finding | undefined {
  const { client, attempts, startTimeNs, requestSpanId, outcome } = story
  if (outcome !== 'cancelled' || client.goneTimeNs === undefined) return undefined
  const gotNothing = attempts.every(({ delivered }) => delivered?.chunks === 0)
  const stayedMs = Number(client.goneTimeNs - startTimeNs) / 1e6
  if (!gotNothing || stayedMs <= limitMs) return undefined
  return {
    confidence: story.sureness,
    summary: `The client left after ${seconds(stayedMs)} without any content; the limit is ${seconds(limitMs)}.`,
    evidence: [
      { spanId: requestSpanId, key: 'client left after', value: `${Math.round(stayedMs)} ms` },
    ],
    cause: 'client gave up waiting',
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
