import { expect, test } from 'vitest'
import { toFailure } from '../../../../dashboard/src/lib/api-client.ts'

test('problem details are shown as they were sent', () => {
  const body = '{"title":"Unknown incident","detail":"inc-1 is not stored.","hint":"Retention?"}'
  expect(toFailure(404, body)).toEqual({
    reason: 'not-found',
    status: 404,
    title: 'Unknown incident',
    detail: 'inc-1 is not stored.',
    hint: 'Retention?',
  })
})

test('an answer that is no problem document is told by its status', () => {
  expect(toFailure(500, '<html>')).toMatchObject({
    reason: 'refused',
    title: 'The analyzer answered HTTP 500',
  })
  expect(toFailure(418, '{"title":7,"__proto__":{"detail":"x"}}')).toMatchObject({
    title: 'The analyzer answered HTTP 418',
    detail: '',
  })
})

test("a gateway's error without a document means that the analyzer is not there", () => {
  expect(toFailure(502, 'Bad gateway').reason).toBe('unreachable')
  expect(toFailure(503, '{"title":"Busy"}').reason).toBe('refused')
})
