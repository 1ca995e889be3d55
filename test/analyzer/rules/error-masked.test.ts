import { expect, test } from 'vitest'

import { errorMasked } from '../../../analyzer/rules/error-masked.ts'
import { RULE_OPTIONS } from '../../../analyzer/rules/rule-options.ts'
import type { Finding } from '../../../analyzer/rules/rule.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'
import { testRule } from '../../support/test-rule.ts'

testRule('error-masked')

function shown(errorAttempt: number): Finding | undefined {
  const client = { complete: false, errorShown: true, errorAttempt, evidence: [] } as const
  const second = buildAttempt({ number: 2, kind: 'fallback' })
  return errorMasked.evaluate(buildStory({ attempts: [second], client }), RULE_OPTIONS)
}

test('an error of the gateway’s own in the place of an upstream’s masks it', () => {
  expect(shown(0)).toBeDefined()
})

test('whose span was lost may have failed first, and was then shown rightly', () => {
  expect(shown(1)).toBeUndefined()
  expect(shown(2)).toBeUndefined()
})
