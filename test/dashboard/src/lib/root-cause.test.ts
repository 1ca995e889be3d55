import { expect, test } from 'vitest'
import {
  describeFailure,
  describeTarget,
  findPrimary,
  findRootCause,
  isErrorMasked,
} from '../../../../dashboard/src/lib/root-cause.ts'
import { request } from '../../../browser/wire-fixtures.ts'

test('the root cause is the first attempt that failed, not the last', () => {
  expect(findRootCause(request)?.number).toBe(1)
  expect(findRootCause({ ...request, attempts: [] })).toBeUndefined()
})

test('the verdict is the primary finding wherever it stands', () => {
  expect(findPrimary(request)?.rule).toBe('prefill-rejected')
  expect(findPrimary({ ...request, findings: request.findings.toReversed() })?.rule).toBe(
    'prefill-rejected',
  )
  expect(findPrimary({ ...request, findings: [] })).toBeUndefined()
})

test('a failure without any answer is named by its reason', () => {
  const attempt = { number: 1, kind: 'initial', status: 'failed', phase: 'unknown' } as const
  expect(describeFailure({ ...attempt, statusCode: 503, errorType: 'x' })).toBe('503 x')
  expect(describeFailure({ ...attempt, statusCode: 503 })).toBe('HTTP 503')
  expect(describeFailure({ ...attempt, reason: 'connection' })).toBe('connection')
  expect(describeFailure(attempt)).toBe('no error recorded')
})

test('a status of 200 is not given as the error', () => {
  const attempt = { number: 1, kind: 'initial', status: 'failed', phase: 'mid_stream' } as const
  const reason = 'stream-cut'
  expect(describeFailure({ ...attempt, statusCode: 200, reason })).toBe('stream-cut after HTTP 200')
  expect(describeFailure({ ...attempt, statusCode: 200, errorType: 'overloaded_error' })).toBe(
    'overloaded_error after HTTP 200',
  )
})

test('a target is named as well as the spans allow', () => {
  const attempt = { number: 1, kind: 'initial', status: 'ok', phase: 'unknown' } as const
  expect(describeTarget({ ...attempt, provider: 'p', model: 'm' })).toBe('p/m')
  expect(describeTarget({ ...attempt, deployment: 'd' })).toBe('d')
  expect(describeTarget(attempt)).toBe('unknown target')
})

test('a masked error is known by its finding', () => {
  expect(isErrorMasked(request)).toBe(true)
  expect(isErrorMasked({ ...request, findings: [] })).toBe(false)
})
