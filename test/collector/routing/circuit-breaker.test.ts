import { describe, expect, test } from 'vitest'
import { createCircuitBreaker } from '../../../collector/routing/circuit-breaker.ts'
import type { Failure } from '../../../collector/upstream/failure.ts'
import type { FailureReason } from '../../../collector/vocabulary.ts'

const CONFIG = {
  failuresToOpen: 3,
  firstOpenMs: 10_000,
  openMs: 15_000,
  openMaxMs: 120_000,
  quotaOpenMs: 300_000,
}

const fail = (reason: FailureReason, extra: Partial<Failure> = {}): Failure => ({
  reason,
  phase: 'before_headers',
  message: 'as scripted',
  ...extra,
})

const DOWN = fail('overloaded', { statusCode: 503 })

function opened() {
  const breaker = createCircuitBreaker(CONFIG)
  for (let count = 0; count < CONFIG.failuresToOpen; count += 1) breaker.failed(DOWN, 0)
  return breaker
}

describe('circuit breaker', () => {
  test('opens after consecutive failures, and not before', () => {
    const breaker = createCircuitBreaker(CONFIG)
    breaker.failed(DOWN, 0)
    breaker.failed(DOWN, 0)
    expect(breaker.permits(0)).toBe('yes')
    breaker.succeeded()
    breaker.failed(DOWN, 0)
    breaker.failed(DOWN, 0)
    expect(breaker.permits(0)).toBe('yes')
    breaker.failed(DOWN, 0)
    expect(breaker.permits(0)).toBe('breaker_open')
    expect(breaker.state).toBe('open')
  })

  test('lets one probe through when its time is over, and closes when that succeeds', () => {
    const breaker = opened()
    expect(breaker.permits(9_999)).toBe('breaker_open')
    expect(breaker.permits(10_000)).toBe('yes')
    breaker.start(10_000)
    expect(breaker.state).toBe('half_open')
    expect(breaker.permits(10_000)).toBe('breaker_open')
    breaker.succeeded()
    expect(breaker.state).toBe('closed')
  })

  test('asks again every 15 s after a refusal, and more rarely after each time-out', () => {
    const breaker = opened()
    breaker.start(10_000)
    breaker.failed(DOWN, 10_000)
    expect(breaker.permits(24_999)).toBe('breaker_open')
    expect(breaker.permits(25_000)).toBe('yes')
    let nowMs = 25_000
    const waits: number[] = []
    for (let probe = 0; probe < 5; probe += 1) {
      breaker.start(nowMs)
      breaker.failed(fail('timeout-first-event'), nowMs)
      let waitMs = 0
      while (breaker.permits(nowMs + waitMs) !== 'yes') waitMs += 5000
      waits.push(waitMs)
      nowMs += waitMs
    }
    expect(waits).toEqual([30_000, 60_000, 120_000, 120_000, 120_000])
  })

  test('believes a probe by its first content, and forgives only a whole answer', () => {
    const breaker = opened()
    breaker.start(10_000)
    breaker.delivered()
    expect(breaker.permits(10_000)).toBe('yes')
    breaker.failed(fail('stream-cut', { phase: 'mid_stream' }), 11_000)
    expect(breaker.permits(11_000)).toBe('breaker_open')
  })

  test('gives the probe back where its client left', () => {
    const breaker = opened()
    breaker.start(10_000)
    breaker.undecided()
    expect(breaker.permits(10_000)).toBe('yes')
  })

  test.each([
    fail('bad-request', { statusCode: 400 }),
    fail('prefill-rejected', { statusCode: 400 }),
    fail('context-too-long', { statusCode: 400 }),
    fail('auth', { statusCode: 401 }),
    fail('rate-limited', { statusCode: 429 }),
    fail('server-error', { statusCode: 408 }),
    fail('timeout-first-content', { phase: 'before_content' }),
    fail('client-aborted'),
    fail('error-event', { phase: 'before_content', errorType: 'invalid_request_error' }),
    fail('error-event', { phase: 'before_content', errorType: 'rate_limit_error' }),
    fail('error-event', { phase: 'before_content', statusCode: 400 }),
  ])('does not count $reason ($statusCode)', (failure) => {
    const breaker = createCircuitBreaker(CONFIG)
    for (let count = 0; count < 10; count += 1) breaker.failed(failure, 0)
    expect(breaker.permits(0)).toBe('yes')
  })

  test('cools down for as long as the provider says, whatever succeeds meanwhile', () => {
    const breaker = createCircuitBreaker(CONFIG)
    breaker.failed(fail('rate-limited', { statusCode: 429, retryAfterMs: 20_000 }), 0)
    breaker.succeeded()
    expect(breaker.permits(19_999)).toBe('cooling_down')
    expect(breaker.permits(20_000)).toBe('yes')
    breaker.failed(fail('quota-exhausted', { statusCode: 429 }), 20_000)
    expect(breaker.permits(319_999)).toBe('cooling_down')
    expect(breaker.permits(320_000)).toBe('yes')
  })

  test.each([
    fail('connection'),
    fail('server-error', { statusCode: 500 }),
    fail('timeout-connect'),
    fail('timeout-first-event'),
    fail('timeout-idle', { phase: 'mid_stream' }),
    fail('stream-cut', { phase: 'mid_stream' }),
    fail('missing-terminal', { phase: 'mid_stream' }),
    fail('malformed-frame', { phase: 'mid_stream' }),
    fail('error-event', { phase: 'before_content', errorType: 'overloaded_error' }),
    fail('error-event', { phase: 'mid_stream', statusCode: 502 }),
    fail('error-event', { phase: 'mid_stream' }),
  ])('counts $reason ($statusCode $errorType)', (failure) => {
    const breaker = createCircuitBreaker(CONFIG)
    for (let count = 0; count < CONFIG.failuresToOpen; count += 1) breaker.failed(failure, 0)
    expect(breaker.permits(0)).toBe('breaker_open')
  })

  test('cools down for a spent quota inside HTTP 200 as for one in a status', () => {
    const breaker = createCircuitBreaker(CONFIG)
    const error = { message: 'You exceeded your current quota.', code: 'insufficient_quota' }
    breaker.failed(fail('error-event', { phase: 'before_content', error }), 0)
    expect(breaker.permits(299_999)).toBe('cooling_down')
    expect(breaker.permits(300_000)).toBe('yes')
  })

  test('honours a 503 that says when to come back, and no absurd time', () => {
    const breaker = createCircuitBreaker(CONFIG)
    breaker.failed(fail('overloaded', { statusCode: 503, retryAfterMs: 60_000 }), 0)
    expect(breaker.permits(59_999)).toBe('cooling_down')
    expect(breaker.permits(60_000)).toBe('yes')
    breaker.failed(fail('rate-limited', { statusCode: 429, retryAfterMs: 86_400_000 }), 60_000)
    expect(breaker.permits(60_000 + 3_599_999)).toBe('cooling_down')
    expect(breaker.permits(60_000 + 3_600_000)).toBe('yes')
  })
})
