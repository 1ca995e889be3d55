import { assert, describe, expect, test } from 'vitest'

import { judge } from '../../analyzer/rules/judge.ts'
import { ruleById } from '../../analyzer/rules/index.ts'
import type { Rule, RuledFinding } from '../../analyzer/rules/rule.ts'
import type { Story } from '../../analyzer/story/story.ts'
import { toSpanId, type CompactSpan } from './compact-span.ts'
import { readFixtures, testArtefacts } from './rule-artefacts.ts'
import { tellStory } from './tell-stories.ts'

/** One recorded or made-up request; `fires-*` must be found by its rule, `quiet-*` must not. */
interface Fixture {
  /** What happened, as the end of "fires where …" or "is quiet where …". */
  readonly about: string
  /** LiteLLM's config of the router, where the verdict rests on it. */
  readonly routerConfig?: unknown
  readonly expect: {
    readonly outcome: Story['outcome']
    /** Of a `fires-*` alone; `primary`: the rule owns the request. */
    readonly finding?: Pick<RuledFinding, 'primary' | 'confidence'>
  }
  readonly spans: readonly CompactSpan[]
}

/**
 * Runs every fixture of a rule through the real decoder, stripping, dialects and runner: as sent,
 * and in the opposite order with every span twice, which must change nothing (invariant I8).
 */
export function testRule(id: string): void {
  const rule = ruleById(id)
  assert(rule !== undefined, `there is no rule ${id}`)
  const fixtures = readFixtures<Fixture>(id)

  describe(id, () => {
    testArtefacts(rule, { fixtures, opening: describeOpening(id, rule) })

    for (const { name, fires, content: fixture } of fixtures) {
      test(`${fires ? 'fires' : 'is quiet'} where ${fixture.about}`, () => {
        const { story, findings } = judgeFixture(fixture)
        expect(story.outcome).toBe(fixture.expect.outcome)
        const finding = findings.find((found) => found.rule === id)
        assert(fires === (fixture.expect.finding !== undefined), `${name} expects otherwise`)
        expect(finding && pickExpected(finding)).toEqual(fixture.expect.finding)
        if (finding !== undefined) assertReadable(finding, fixture)
        expect(judgeFixture(scramble(fixture))).toEqual({ story, findings })
      })
    }
  })
}

function describeOpening(id: string, { severity, opensWhenRescued }: Rule): string {
  if (severity === 'info') return `\`${id}\` · info · never opens an incident`
  const when = opensWhenRescued ? 'rescued or not' : 'when the request failed'
  return `\`${id}\` · ${severity} · opens an incident ${when}`
}

function judgeFixture({ spans, routerConfig }: Fixture): {
  readonly story: Story
  readonly findings: readonly RuledFinding[]
} {
  const story = tellStory(spans, routerConfig)
  return { story, findings: judge(story, { onRuleError: rethrow }) }
}

function rethrow(_: unknown, error: unknown): never {
  throw error
}

function pickExpected({ primary, confidence }: RuledFinding): Fixture['expect']['finding'] {
  return { primary, confidence }
}

/** One sentence or more for a person, and evidence that stands in the spans of the request. */
function assertReadable(finding: RuledFinding, { spans }: Fixture): void {
  const { summary, cause, evidence } = finding
  assert(/^\S.*\.$/u.test(summary) && !summary.includes('undefined'), `"${summary}" is no sentence`)
  assert(cause !== '', 'nothing tells two incidents of the class apart')
  assert(evidence.length > 0, 'there is no evidence')
  const spanIds = new Set(spans.map(({ id }) => toSpanId(id)))
  for (const { spanId } of evidence) assert(spanIds.has(spanId), `no span ${spanId} was sent`)
}

function scramble(fixture: Fixture): Fixture {
  return { ...fixture, spans: [...fixture.spans, ...fixture.spans].toReversed() }
}
