import { expect, test } from 'vitest'

import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import { statusRewritten } from '../../../analyzer/rules/status-rewritten.ts'
import type { Attempt } from '../../../analyzer/story/story.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('status-rewritten')

const client = buildStory().client

function told(cause: Partial<Attempt>, statusCode: number): string | undefined {
  const attempts = [buildAttempt({ phase: 'before_headers', ...cause })]
  const story = buildStory({ attempts, client: { ...client, statusCode, errorAttempt: 1 } })
  return statusRewritten.evaluate(story, RULE_OPTIONS)?.cause
}

test.each([
  [{ reason: 'overloaded', statusCode: 529 }, 503, undefined],
  [{ reason: 'overloaded', statusCode: 529 }, 500, 'overloaded, shown as a server error'],
  [{ reason: 'auth', statusCode: 401 }, 500, 'auth, shown as a server error'],
  [{ reason: 'rate-limited', statusCode: 429 }, 403, 'rate-limited, shown as a refused key'],
  [{ reason: 'quota-exhausted', statusCode: 402 }, 429, undefined],
  [{ reason: 'server-error', statusCode: 500 }, 500, undefined],
  [{ reason: 'bad-request', statusCode: 422 }, 500, 'bad-request, shown as a server error'],
  [{ reason: 'connection' }, 502, undefined],
  [{ reason: 'timeout-idle', phase: 'mid_stream' }, 504, undefined],
  [{ reason: 'error-event', phase: 'mid_stream' }, 502, undefined],
] as const)('%j told as %d: %s', (cause, statusCode, expected) => {
  const said = { reason: cause.reason, ...('phase' in cause && { phase: cause.phase }) }
  expect(told({ ...said, ...('statusCode' in cause && cause) }, statusCode)).toBe(expected)
})

test('what an upstream’s own status was is told as it was, whatever its words say', () => {
  expect(told({ reason: 'rate-limited', statusCode: 500 }, 500)).toBeUndefined()
})

test('whose error was shown is not guessed where two attempts failed', () => {
  const attempts = [
    buildAttempt({ reason: 'rate-limited', statusCode: 429 }),
    buildAttempt({ number: 2, reason: 'server-error', statusCode: 500 }),
  ]
  const story = buildStory({ attempts, client: { ...client, statusCode: 500 } })
  expect(statusRewritten.evaluate(story, RULE_OPTIONS)).toBeUndefined()
})
