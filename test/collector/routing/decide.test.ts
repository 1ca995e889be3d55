import { describe, expect, test } from 'vitest'
import { decide, type ChainState, type Decision } from '../../../collector/routing/decide.ts'
import { FAILURE_REASONS, type FailureReason } from '../../../collector/vocabulary.ts'
import type { Failure } from '../../../collector/upstream/failure.ts'

/** Design section 4.3, row by row. */

const STATE: ChainState = {
  attempts: 1,
  attemptsMax: 5,
  retriesOnTarget: 0,
  retriesMax: 2,
  retryAfterMaxMs: 5000,
  breakerOpen: false,
  retryBudgetLeft: true,
  targetsLeft: 1,
  targetsDisabled: 0,
  otherTargetConfigured: true,
  requestChanged: false,
  strategyLeft: false,
}

const RETRY: Decision = { kind: 'retry' }
const NEXT: Decision = { kind: 'next-target' }
const NOT_ELIGIBLE: Decision = { kind: 'give-up', notTried: 'failure_not_eligible' }
const NO_BUDGET: Decision = { kind: 'give-up', notTried: 'no_budget' }
const CLIENT_GONE: Decision = { kind: 'give-up', notTried: 'client_gone' }
const ALL_ASKED: Decision = { kind: 'give-up' }

function failure(reason: FailureReason, extra: Partial<Failure> = {}): Failure {
  return { reason, phase: 'before_headers', message: 'as scripted', ...extra }
}

/** Every state of a chain in which the table says something of its own. */
const STATES = {
  'at the first failure': {},
  'after one retry': { attempts: 2, retriesOnTarget: 1 },
  'after all retries': { attempts: 3, retriesOnTarget: 2 },
  'with retries switched off': { retriesMax: 0 },
  'with the shared budget spent': { retryBudgetLeft: false },
  'with the last attempts reserved': { attempts: 3, targetsLeft: 2 },
  'with the breaker open': { breakerOpen: true },
  'with nobody else configured': { targetsLeft: 0, otherTargetConfigured: false },
  'with everybody else asked': { attempts: 2, targetsLeft: 0 },
  'with fallbacks disabled': { targetsLeft: 0, targetsDisabled: 1 },
  'with every attempt made': { attempts: 5, retriesOnTarget: 2 },
} as const satisfies Readonly<Record<string, Partial<ChainState>>>

type StateName = keyof typeof STATES
type Profile = Readonly<Record<StateName, Decision>>

/** No retry, then the next target, then the reason why there is none. */
const NEVER_BUT_NEXT: Profile = {
  'at the first failure': NEXT,
  'after one retry': NEXT,
  'after all retries': NEXT,
  'with retries switched off': NEXT,
  'with the shared budget spent': NEXT,
  'with the last attempts reserved': NEXT,
  'with the breaker open': NEXT,
  'with nobody else configured': { kind: 'give-up', notTried: 'none_configured' },
  'with everybody else asked': ALL_ASKED,
  'with fallbacks disabled': { kind: 'give-up', notTried: 'disabled' },
  'with every attempt made': NO_BUDGET,
}

const onceAfter = (retry: Decision): Profile => ({
  ...NEVER_BUT_NEXT,
  'at the first failure': retry,
  'with nobody else configured': retry,
  'with everybody else asked': retry,
  'with fallbacks disabled': retry,
})

const BACKOFF: Profile = { ...onceAfter(RETRY), 'after one retry': RETRY }

const giveUpOn = (decision: Decision, allAsked = ALL_ASKED): Profile => ({
  'at the first failure': decision,
  'after one retry': decision,
  'after all retries': decision,
  'with retries switched off': decision,
  'with the shared budget spent': decision,
  'with the last attempts reserved': decision,
  'with the breaker open': decision,
  'with nobody else configured': decision,
  // Who was asked is not untried.
  'with everybody else asked': allAsked,
  'with fallbacks disabled': decision,
  'with every attempt made': decision,
})

interface Row {
  /** The line of the design's table, and its case. */
  readonly name: string
  readonly failure: Failure
  readonly profile: Profile
}

const PHASES = ['before_content', 'mid_stream'] as const

const ROWS: readonly Row[] = [
  {
    name: '429 with a short Retry-After',
    failure: failure('rate-limited', { statusCode: 429, retryAfterMs: 2000 }),
    profile: onceAfter({ kind: 'retry', afterMs: 2000 }),
  },
  {
    name: '429 with Retry-After: 0',
    failure: failure('rate-limited', { statusCode: 429, retryAfterMs: 0 }),
    profile: onceAfter({ kind: 'retry', afterMs: 0 }),
  },
  {
    name: '429 with the longest Retry-After that is waited for',
    failure: failure('rate-limited', { statusCode: 429, retryAfterMs: 5000 }),
    profile: onceAfter({ kind: 'retry', afterMs: 5000 }),
  },
  {
    name: '429 with a long Retry-After',
    failure: failure('rate-limited', { statusCode: 429, retryAfterMs: 5001 }),
    profile: NEVER_BUT_NEXT,
  },
  {
    name: '429 without Retry-After',
    failure: failure('rate-limited', { statusCode: 429 }),
    profile: BACKOFF,
  },
  {
    name: 'a used-up quota',
    failure: failure('quota-exhausted', { statusCode: 429 }),
    profile: NEVER_BUT_NEXT,
  },
  {
    name: '402',
    failure: failure('quota-exhausted', { statusCode: 402 }),
    profile: NEVER_BUT_NEXT,
  },
  ...[500, 502, 504].map((statusCode) => ({
    name: String(statusCode),
    failure: failure('server-error', { statusCode }),
    profile: BACKOFF,
  })),
  ...[503, 529].map((statusCode) => ({
    name: String(statusCode),
    failure: failure('overloaded', { statusCode }),
    profile: BACKOFF,
  })),
  {
    name: '503 that names a time far away',
    failure: failure('overloaded', { statusCode: 503, retryAfterMs: 60_000 }),
    profile: NEVER_BUT_NEXT,
  },
  {
    name: 'a connection refused, reset or unresolved',
    failure: failure('connection'),
    profile: BACKOFF,
  },
  {
    name: 'a connection that does not come up',
    failure: failure('timeout-connect'),
    profile: BACKOFF,
  },
  {
    name: 'silence before headers',
    failure: failure('timeout-first-event'),
    profile: NEVER_BUT_NEXT,
  },
  {
    name: 'silence after headers',
    failure: failure('timeout-first-event', { phase: 'before_content' }),
    profile: NEVER_BUT_NEXT,
  },
  {
    name: 'no content',
    failure: failure('timeout-first-content', { phase: 'before_content' }),
    profile: NEVER_BUT_NEXT,
  },
  ...[408, 409].map((statusCode) => ({
    name: String(statusCode),
    failure: failure('server-error', { statusCode }),
    profile: onceAfter(RETRY),
  })),
  {
    name: '400 for a request that does not fit',
    failure: failure('context-too-long', { statusCode: 400 }),
    profile: NEVER_BUT_NEXT,
  },
  {
    // What is configured for it counts only routes that are named for such requests.
    name: '400 of a content policy',
    failure: failure('content-filtered', { statusCode: 400 }),
    profile: { ...NEVER_BUT_NEXT, 'with nobody else configured': NOT_ELIGIBLE },
  },
  ...[401, 403].map((statusCode) => ({
    name: String(statusCode),
    failure: failure('auth', { statusCode }),
    profile: NEVER_BUT_NEXT,
  })),
  { name: '404', failure: failure('not-found', { statusCode: 404 }), profile: NEVER_BUT_NEXT },
  ...[400, 413, 422].map((statusCode) => ({
    name: `${statusCode} on an unchanged request`,
    failure: failure('bad-request', { statusCode }),
    profile: giveUpOn(NOT_ELIGIBLE),
  })),
  {
    name: "a client's own prefill refused",
    failure: failure('prefill-rejected', { statusCode: 400 }),
    profile: giveUpOn(NOT_ELIGIBLE),
  },
  {
    name: 'a redirect',
    failure: failure('redirect', { statusCode: 302 }),
    profile: NEVER_BUT_NEXT,
  },
  {
    name: 'a page of HTML with 200',
    failure: failure('bad-response', { phase: 'before_content', statusCode: 200 }),
    profile: NEVER_BUT_NEXT,
  },
  ...(
    ['error-event', 'malformed-frame', 'stream-cut', 'missing-terminal', 'timeout-idle'] as const
  ).flatMap((reason) =>
    PHASES.map((phase) => ({
      name: `${reason}, ${phase}`,
      failure: failure(reason, { phase }),
      profile: NEVER_BUT_NEXT,
    })),
  ),
  ...(['before_headers', 'before_content'] as const).map((phase) => ({
    name: `an answer that takes too long, ${phase}`,
    failure: failure('timeout-total', { phase }),
    profile: NEVER_BUT_NEXT,
  })),
  {
    name: 'a stream that outlives its limit',
    failure: failure('timeout-total', { phase: 'mid_stream' }),
    profile: giveUpOn(NO_BUDGET),
  },
  {
    name: 'a client that is gone',
    failure: failure('client-aborted'),
    profile: giveUpOn(CLIENT_GONE, CLIENT_GONE),
  },
]

const NAMES = Object.keys(STATES) as readonly StateName[]

describe('decide', () => {
  test.each(ROWS)('answers $name as the table says', ({ failure: failed, profile }) => {
    const decided = NAMES.map((name) => [name, decide(failed, { ...STATE, ...STATES[name] })])

    expect(Object.fromEntries(decided)).toEqual(profile)
  })

  test.each(ROWS.filter((row) => row.failure.phase !== 'before_headers'))(
    'never repeats a request that was answered: $name',
    ({ failure: failed }) => {
      for (const name of NAMES) {
        expect(decide(failed, { ...STATE, ...STATES[name] }).kind).not.toBe('retry')
      }
    },
  )

  test('has a row for every failure reason', () => {
    expect(new Set(ROWS.map((row) => row.failure.reason))).toEqual(new Set(FAILURE_REASONS))
  })

  test.each(['bad-request', 'prefill-rejected'] as const)(
    'asks in another way, then another target, after %s on a request of our making',
    (reason) => {
      const failed = failure(reason, { statusCode: 400 })
      const changed = { ...STATE, requestChanged: true }

      expect(decide(failed, { ...changed, strategyLeft: true })).toEqual({ kind: 'next-strategy' })
      expect(decide(failed, changed)).toEqual(NEXT)
    },
  )
})
