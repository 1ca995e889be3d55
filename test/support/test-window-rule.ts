import { assert, describe, expect, test } from 'vitest'

import { ruleFactsById } from '../../analyzer/rules/every-rule.ts'
import { tellWindows, type ToldRun } from '../../analyzer/rules/window/tell-windows.ts'
import type { CompactSpan } from './compact-span.ts'
import { readFixtures, testArtefacts } from './rule-artefacts.ts'
import { tellStories } from './tell-stories.ts'

/** Traffic of some minutes: each kind of request is sent again and again. */
interface Fixture {
  /** What happened, as the end of "fires where …" or "is quiet where …". */
  readonly about: string
  readonly routerConfig?: unknown
  /** Runs of this rule; what other window rules find is their own fixtures' business. */
  readonly expect: {
    readonly windows: readonly Pick<ToldRun, 'rule' | 'target' | 'confidence' | 'minutes'>[]
  }
  readonly traffic: readonly Traffic[]
}

export interface Traffic {
  readonly startMs: number
  readonly times: number
  readonly everyMs: number
  /** Of one request that begins at 0. */
  readonly spans: readonly CompactSpan[]
}

/**
 * Runs every fixture of a window rule through the real decoder, stripping, dialects and counts: as
 * sent, and in the opposite order with every span twice, which must change nothing (invariant I8).
 */
export function testWindowRule(id: string): void {
  const rule = ruleFactsById(id)
  assert(rule !== undefined, `there is no rule ${id}`)
  const fixtures = readFixtures<Fixture>(id)

  describe(id, () => {
    const opening = `\`${id}\` · ${rule.severity} · seen in many requests together`
    testArtefacts(rule, { fixtures, opening })

    test('has twice as many near misses as fixtures that fire', () => {
      const fires = fixtures.filter((fixture) => fixture.fires)
      expect(fixtures.length - fires.length).toBeGreaterThanOrEqual(2 * fires.length)
    })

    for (const { name, fires, content: fixture } of fixtures) {
      test(`${fires ? 'fires' : 'is quiet'} where ${fixture.about}`, () => {
        const spans = toSpans(fixture.traffic)
        const found = tell(spans, fixture)
        assert(fires === fixture.expect.windows.length > 0, `${name} expects otherwise`)
        expect(
          found
            .filter((run) => run.rule === id)
            .map(({ rule: ruleId, target, confidence, minutes }) => ({
              rule: ruleId,
              target,
              confidence,
              minutes,
            })),
        ).toEqual(fixture.expect.windows)
        for (const { summary, examples } of found) {
          assert(/^\S.*\.$/u.test(summary) && !summary.includes('undefined'), summary)
          expect(examples.length).toBeGreaterThan(0)
        }
        expect(tell([...spans, ...spans].toReversed(), fixture)).toEqual(found)
      })
    }
  })
}

function tell(spans: readonly CompactSpan[], { routerConfig }: Fixture): readonly ToldRun[] {
  return tellWindows(tellStories(spans, routerConfig), {
    onRuleError: (_, error) => {
      throw error
    },
  })
}

/** Each request in a trace of its own. */
export function toSpans(traffic: readonly Traffic[]): readonly CompactSpan[] {
  return traffic.flatMap(({ startMs, times, everyMs, spans }, kind) =>
    Array.from({ length: times }, (_, index) => {
      const atMs = startMs + index * everyMs
      const trace = `${(kind + 1).toString(16)}${index.toString(16).padStart(8, '0')}`
      return spans.map((span) => ({
        ...span,
        trace,
        ms: [span.ms[0] + atMs, span.ms[1] + atMs] as const,
        events: (span.events ?? []).map((event) => ({ ...event, ms: event.ms + atMs })),
        ...(span.attributes !== undefined && {
          attributes: withCallId(span.attributes, trace),
        }),
      }))
    }).flat(),
  )
}

function withCallId(attributes: NonNullable<CompactSpan['attributes']>, trace: string) {
  return 'litellm.call_id' in attributes ? { ...attributes, 'litellm.call_id': trace } : attributes
}
