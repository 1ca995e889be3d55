import { expect, test } from 'vitest'

import { failureUnclassified } from '../../../analyzer/rules/failure-unclassified.ts'
import { RULES, ruleById } from '../../../analyzer/rules/index.ts'
import { incidentFinding, judge } from '../../../analyzer/rules/judge.ts'
import type { Rule } from '../../../analyzer/rules/rule.ts'
import { buildStory } from '../../support/build-story.ts'

const REMEDY = { stopItNow: { text: 's' }, fixIt: { text: 'f' }, verify: { text: 'v' } }

function rule(over: Partial<Rule>): Rule {
  return {
    id: 'a-rule',
    severity: 'high',
    title: 't',
    description: 'd',
    opensWhenRescued: false,
    needs: [],
    remedy: REMEDY,
    evaluate: () => ({ confidence: 'certain', summary: 's', evidence: [], cause: 'c' }),
    ...over,
  }
}

function ids(rules: readonly Rule[]): readonly string[] {
  return judge(buildStory(), { rules }).map((found) => found.rule)
}

test('the first finding in the registry’s order is primary, the others are attached', () => {
  const rules = [
    rule({ id: 'quiet', evaluate: () => undefined }),
    rule({ id: 'one' }),
    rule({ id: 'two' }),
  ]
  expect(judge(buildStory(), { rules }).map(({ rule: id, primary }) => [id, primary])).toEqual([
    ['one', true],
    ['two', false],
  ])
})

test('a rule that throws is reported and does not silence the others', () => {
  const broken = rule({
    id: 'broken',
    evaluate: () => {
      throw new Error('defect')
    },
  })
  const reported: string[] = []
  const findings = judge(buildStory(), {
    rules: [broken, rule({ id: 'sound' })],
    onRuleError: ({ id }, error) => reported.push(`${id}: ${String(error)}`),
  })
  expect(findings.map((finding) => finding.rule)).toEqual(['sound'])
  expect(reported).toEqual(['broken: Error: defect'])
})

test('what another class explains is not unclassified; a figure explains nothing', () => {
  const figure = rule({ id: 'figure', severity: 'info' })
  expect(ids([rule({ id: 'one' }), failureUnclassified])).toEqual(['one'])
  expect(ids([figure, failureUnclassified])).toEqual(['figure', 'failure-unclassified'])
})

test('of a request whose own span never came nothing is concluded but that', () => {
  const found = judge(buildStory({ incomplete: true }))
  expect(found.map(({ rule: id }) => id)).toEqual(['trace-incomplete'])
  expect(incidentFinding(buildStory({ incomplete: true }), found)).toBeUndefined()
})

test('a rescued request opens an incident only through what the rescue broke or hid', () => {
  const rescued = buildStory({ outcome: 'rescued' })
  const found = judge(rescued, { rules: [rule({ id: 'prefill-rejected' })] })
  expect(found).toHaveLength(1)
  expect(incidentFinding(rescued, found)).toBeUndefined()
  expect(incidentFinding(buildStory(), found)?.rule).toBe('prefill-rejected')
})

test('the registry holds every class once, each with its remedy and one command to verify it', () => {
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length)
  for (const { id, remedy } of RULES) {
    expect(ruleById(id)?.id).toBe(id)
    expect(remedy.stopItNow.text).not.toBe('')
    expect(remedy.fixIt.text).not.toBe('')
    expect(remedy.verify.snippet?.code).toContain(`--fail-on ${id}`)
  }
})
