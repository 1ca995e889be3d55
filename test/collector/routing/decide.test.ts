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

function failure(reason: FailureReason, extra: Partial<Failure> = {}): Failure {
  return { reason, phase: 'before_headers', message: 'as scripted', ...extra }
}

interface Row {
  readonly name: string
  readonly failure: Failure
  /** Decisions for the first, second and third failure of the same kind on one target. */
  readonly expected: readonly [Decision, Decision, Decision]
}

const ROWS: readonly Row[] = [
  {
    name: '429 with a short Retry-After',
    failure: failure('rate-limited', { statusCode: 429, retryAfterMs: 2000 }),
    expected: [{ kind: 'retry', afterMs: 2000 }, NEXT, NEXT],
  },
  {
    name: '429 with a long Retry-After',
    failure: failure('rate-limited', { statusCode: 429, retryAfterMs: 5001 }),
    expected: [NEXT, NEXT, NEXT],
  },
  {
    name: '429 without Retry-After',
    failure: failure('rate-limited', { statusCode: 429 }),
    expected: [RETRY, RETRY, NEXT],
  },
  {
    name: 'a used-up quota',
    failure: failure('quota-exhausted', { statusCode: 429 }),
    expected: [NEXT, NEXT, NEXT],
  },
  {
    name: '500',
    failure: failure('server-error', { statusCode: 500 }),
    expected: [RETRY, RETRY, NEXT],
  },
  {
    name: '503',
    failure: failure('overloaded', { statusCode: 503 }),
    expected: [RETRY, RETRY, NEXT],
  },
  {
    name: '503 that names a time far away',
    failure: failure('overloaded', { statusCode: 503, retryAfterMs: 60_000 }),
    expected: [NEXT, NEXT, NEXT],
  },
  { name: 'a refused connection', failure: failure('connection'), expected: [RETRY, RETRY, NEXT] },
  {
    name: 'a connection that does not come up',
    failure: failure('timeout-connect'),
    expected: [RETRY, RETRY, NEXT],
  },
  { name: 'silence', failure: failure('timeout-first-event'), expected: [NEXT, NEXT, NEXT] },
  {
    name: 'no content',
    failure: failure('timeout-first-content', { phase: 'before_content' }),
    expected: [NEXT, NEXT, NEXT],
  },
  {
    name: '408',
    failure: failure('server-error', { statusCode: 408 }),
    expected: [RETRY, NEXT, NEXT],
  },
  {
    name: '409',
    failure: failure('server-error', { statusCode: 409 }),
    expected: [RETRY, NEXT, NEXT],
  },
  {
    name: 'a request that does not fit',
    failure: failure('context-too-long', { statusCode: 400 }),
    expected: [NEXT, NEXT, NEXT],
  },
  {
    name: 'a policy refusal with a route for it',
    failure: failure('content-filtered', { statusCode: 400 }),
    expected: [NEXT, NEXT, NEXT],
  },
  { name: '401', failure: failure('auth', { statusCode: 401 }), expected: [NEXT, NEXT, NEXT] },
  { name: '404', failure: failure('not-found', { statusCode: 404 }), expected: [NEXT, NEXT, NEXT] },
  {
    name: '400 on an unchanged request',
    failure: failure('bad-request', { statusCode: 400 }),
    expected: [NOT_ELIGIBLE, NOT_ELIGIBLE, NOT_ELIGIBLE],
  },
  {
    name: "a client's own prefill refused",
    failure: failure('prefill-rejected', { statusCode: 400 }),
    expected: [NOT_ELIGIBLE, NOT_ELIGIBLE, NOT_ELIGIBLE],
  },
  {
    name: 'a redirect',
    failure: failure('redirect', { statusCode: 302 }),
    expected: [NEXT, NEXT, NEXT],
  },
  {
    name: 'a page of HTML',
    failure: failure('bad-response', { phase: 'before_content', statusCode: 200 }),
    expected: [NEXT, NEXT, NEXT],
  },
  ...(['error-event', 'malformed-frame', 'stream-cut', 'missing-terminal', 'timeout-idle'] as const)
    .flatMap((reason) =>
      (['before_content', 'mid_stream'] as const).map((phase) => ({ reason, phase })),
    )
    .map(({ reason, phase }): Row => ({
      name: `${reason}, ${phase}`,
      failure: failure(reason, { phase }),
      expected: [NEXT, NEXT, NEXT],
    })),
  {
    name: 'an answer in one piece that takes too long',
    failure: failure('timeout-total', { phase: 'before_headers' }),
    expected: [NEXT, NEXT, NEXT],
  },
  {
    name: 'a stream that outlives its limit',
    failure: failure('timeout-total', { phase: 'mid_stream' }),
    expected: [
      { kind: 'give-up', notTried: 'no_budget' },
      { kind: 'give-up', notTried: 'no_budget' },
      { kind: 'give-up', notTried: 'no_budget' },
    ],
  },
  {
    name: 'a client that is gone',
    failure: failure('client-aborted'),
    expected: [
      { kind: 'give-up', notTried: 'client_gone' },
      { kind: 'give-up', notTried: 'client_gone' },
      { kind: 'give-up', notTried: 'client_gone' },
    ],
  },
]

describe('decide', () => {
  test.each(ROWS)('answers $name as the table says', ({ failure: failed, expected }) => {
    const decisions = [0, 1, 2].map((retries) =>
      decide(failed, { ...STATE, attempts: 1 + retries, retriesOnTarget: retries }),
    )

    expect(decisions).toEqual(expected)
  })

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

  test('shows a policy refusal to the client where no route is named for it', () => {
    const failed = failure('content-filtered', { statusCode: 400 })
    const state = { ...STATE, targetsLeft: 0, otherTargetConfigured: false }

    expect(decide(failed, state)).toEqual(NOT_ELIGIBLE)
  })

  test('does not retry without budget, nor at the cost of a target that is left', () => {
    const failed = failure('overloaded', { statusCode: 503 })

    expect(decide(failed, { ...STATE, retryBudgetLeft: false })).toEqual(NEXT)
    expect(decide(failed, { ...STATE, attempts: 3, targetsLeft: 1 })).toEqual(RETRY)
    expect(decide(failed, { ...STATE, attempts: 3, targetsLeft: 2 })).toEqual(NEXT)
    expect(decide(failed, { ...STATE, retriesMax: 0 })).toEqual(NEXT)
  })

  test('says why nobody else is asked', () => {
    const failed = failure('stream-cut', { phase: 'mid_stream' })
    const giveUp = (state: Partial<ChainState>): Decision => decide(failed, { ...STATE, ...state })

    expect(giveUp({ targetsLeft: 0, otherTargetConfigured: false })).toEqual({
      kind: 'give-up',
      notTried: 'none_configured',
    })
    expect(giveUp({ targetsLeft: 0, targetsDisabled: 1 })).toEqual({
      kind: 'give-up',
      notTried: 'disabled',
    })
    expect(giveUp({ attempts: 5 })).toEqual({ kind: 'give-up', notTried: 'no_budget' })
    expect(giveUp({ targetsLeft: 0 })).toEqual({ kind: 'give-up' })
  })
})

test('a fallback that was asked is not called untried, whatever the last failure was', () => {
  const asked: ChainState = { ...STATE, attempts: 2, targetsLeft: 0 }
  expect(decide(failure('bad-request', { statusCode: 400 }), asked)).toEqual({ kind: 'give-up' })
  expect(decide(failure('bad-request', { statusCode: 400 }), STATE)).toEqual(NOT_ELIGIBLE)
  expect(decide(failure('client-aborted'), asked)).toEqual({
    kind: 'give-up',
    notTried: 'client_gone',
  })
})
