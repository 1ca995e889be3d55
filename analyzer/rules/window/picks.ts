import type { FailureReason } from '../../../collector/vocabulary.ts'
import { mayFallBack } from '../../story/eligible.ts'
import type { Attempt, Story } from '../../story/story.ts'

/** What one request tells of one target that it met, or that it was kept away from. */
export interface Pick {
  /** As well as the spans name it; empty where they do not, which only an answer may be. */
  readonly target: string
  readonly provider: string | undefined
  /** `passed-over`: the router knew that it fails, and did not ask it. */
  readonly result: 'alive' | 'failed' | 'passed-over'
  readonly reason: FailureReason | undefined
  /** It was the request's first choice. */
  readonly isFirst: boolean
  /** Whether another target gave the whole answer; `unknown` where nothing tells how it ended. */
  readonly answeredByOther: boolean | 'unknown'
  readonly isSure: boolean
  readonly endMs: number
  /**
   * When the request was sent there; absent where that says nothing of the router's memory: it
   * asked on purpose (a breaker's probe, the last target left), or the sender's clock is ahead.
   */
  readonly beganMs: number | undefined
}

/** Names come from config files and spans; a longer one is cut, so a hostile one stays small. */
const NAME_CHARS_MAX = 200

/** More targets than any request has; the rest of a hostile one says nothing. */
const TARGETS_MAX = 16

/** Failures that are about the request: the target is none the worse for them. */
const ABOUT_THE_REQUEST: ReadonlySet<FailureReason> = new Set(['context-too-long'])

/**
 * What a request says of its targets, each once: a retry on the same one is not another choice.
 * `atMs` is when it ended, on our clock where the sender's is ahead.
 */
export function picksOf(story: Story, atMs: number): readonly Pick[] {
  if (story.route === undefined || story.incomplete) return []
  const byTarget = new Map<string, Attempt[]>()
  for (const attempt of story.attempts) {
    const target = targetOf(attempt)
    const known = byTarget.get(target)
    if (known !== undefined) known.push(attempt)
    else if (byTarget.size < TARGETS_MAX) byTarget.set(target, [attempt])
  }
  const passedOver = passedOverFirst(story, byTarget)
  const first = story.attempts[0]
  const firstTarget = passedOver ?? (first === undefined ? undefined : targetOf(first))
  const context = { story, atMs, firstTarget }
  const picks = [...byTarget].flatMap(([target, attempts]) => toPick(target, attempts, context))
  if (passedOver === undefined) return picks
  return [...picks, toPassedOver(passedOver, context)]
}

interface PickContext {
  readonly story: Story
  readonly atMs: number
  readonly firstTarget: string | undefined
}

function toPick(
  target: string,
  attempts: readonly Attempt[],
  { story, atMs, firstTarget }: PickContext,
): readonly Pick[] {
  const failure = attempts.find(isFaultOfTarget)
  const isAlive = story.indistinguishable || attempts.some(isSignOfLife)
  if (!isAlive && (failure === undefined || target === '')) return []
  const aheadMs = toMs(story.endTimeNs) - atMs
  const beganMs = attempts.reduce((least, one) => Math.min(least, toMs(one.startTimeNs)), Infinity)
  const endMs = attempts.reduce((most, one) => Math.max(most, toMs(one.endTimeNs)), 0) - aheadMs
  return [
    {
      target,
      provider: attempts
        .find((one) => one.provider !== undefined)
        ?.provider?.slice(0, NAME_CHARS_MAX),
      result: isAlive ? 'alive' : 'failed',
      reason: isAlive ? undefined : failure?.reason,
      isFirst: target === firstTarget,
      answeredByOther: answeredByOther(story),
      isSure: story.sureness === 'certain',
      endMs: Math.min(endMs, atMs),
      beganMs: aheadMs > 0 || attempts.some(isAskedOnPurpose) ? undefined : beganMs,
    },
  ]
}

function toPassedOver(target: string, { story, atMs }: PickContext): Pick {
  return {
    target,
    provider: undefined,
    result: 'passed-over',
    reason: undefined,
    isFirst: true,
    answeredByOther: story.outcome === 'ok' ? true : answeredByOther(story),
    isSure: story.sureness === 'certain',
    endMs: atMs,
    beganMs: undefined,
  }
}

/**
 * The target that the route begins with, where the router's breaker kept the request from it. One
 * that was asked after all (nobody else was left) has an attempt of its own.
 */
function passedOverFirst(
  { fallbacks }: Story,
  asked: ReadonlyMap<string, unknown>,
): string | undefined {
  const [first] = fallbacks.skipped?.value ?? []
  if (first?.why !== 'breaker_open' && first?.why !== 'cooling_down') return undefined
  const target = first.deployment.slice(0, NAME_CHARS_MAX)
  return asked.has(target) ? undefined : target
}

/** As `/metrics` names it. */
function targetOf({ deployment, provider, model }: Attempt): string {
  const named = [provider, model].filter((name) => name !== undefined).join('/')
  return (deployment ?? named).slice(0, NAME_CHARS_MAX)
}

/**
 * Whether two names may be of one target: old releases of LiteLLM name the provider in some spans
 * and not in others, or nothing at all. A target is not dead while one answers that may be it.
 */
export function mayBeSame(left: string, right: string): boolean {
  if (left === '' || right === '' || left === right) return true
  return left.endsWith(`/${right}`) || right.endsWith(`/${left}`)
}

function isFaultOfTarget(attempt: Attempt): boolean {
  if (attempt.status !== 'failed' || !mayFallBack(attempt)) return false
  return attempt.reason === undefined || !ABOUT_THE_REQUEST.has(attempt.reason)
}

/** Whoever cannot be told to have failed may have answered. */
function isSignOfLife({ status }: Attempt): boolean {
  return status === 'ok' || status === 'unknown'
}

/** The sidecar's breaker lets one request through to see, and never ejects the last target. */
function isAskedOnPurpose({ breaker }: Attempt): boolean {
  return breaker === 'half_open' || breaker === 'open'
}

function answeredByOther({ outcome }: Story): boolean | 'unknown' {
  if (outcome === 'rescued') return true
  return outcome === 'failed' ? false : 'unknown'
}

function toMs(ns: bigint): number {
  return Number(ns / 1_000_000n)
}
