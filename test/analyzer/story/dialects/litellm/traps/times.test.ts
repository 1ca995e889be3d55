import { expect, test } from 'vitest'

import { isError, numeric } from '../../../../../../analyzer/story/attributes.ts'
import type { Recording } from '../../../../../support/litellm-recordings.ts'
import {
  callSpans,
  changed,
  tellOne,
  toldWhere,
  withAttributes,
} from '../../../../../support/select-recordings.ts'

// Times and token counts that are not what their names say (measured iv.4, iv.5, iv.20, iv.25).

const FIRST_CHUNK = 'gen_ai.response.time_to_first_chunk'

const OUTPUT = 'gen_ai.usage.output_tokens'

const hasNegative = (recording: Recording): boolean =>
  callSpans(recording).some(({ attributes }) => (numeric(attributes, FIRST_CHUNK) ?? 0) < 0)

test('a negative time to first chunk is a fallback’s, counted from the primary’s: it was tried', () => {
  const negative = toldWhere(/\/v2/u, hasNegative)
  for (const { story } of negative) {
    expect(['rescued', 'failed', 'unknown']).toContain(story.outcome)
    expect(story.fallbacks.tried).not.toBe(false)
  }
})

test('it is no time of anything: none is told', () => {
  for (const { story } of toldWhere(/\/v2/u, hasNegative)) {
    const times = story.attempts.map(({ timeToFirstContentMs }) => timeToFirstContentMs ?? 0)
    expect(Math.min(...times, story.client.timeToFirstContentMs ?? 0)).toBeGreaterThanOrEqual(0)
  }
})

test('a first chunk on a failed attempt may be the role alone: it does not prove content', () => {
  const early = toldWhere(
    /^1\.(?:95|97)\.\d+\/v2$/u,
    (one) =>
      one.verdict.endsWith('BEFORE_CONTENT') &&
      callSpans(one).some((span) => isError(span) && span.attributes.has(FIRST_CHUNK)),
  )
  for (const { story } of early) expect(story.attempts[0]?.phase).not.toBe('mid_stream')
})

test('tokens on a failed attempt are an estimate: how many there are says nothing', () => {
  const counted = toldWhere(/\/v[12]/u, (one) =>
    callSpans(one).some((span) => isError(span) && (numeric(span.attributes, OUTPUT) ?? 0) > 1),
  )
  for (const { recording, story } of counted) {
    const other = changed(recording, (span) =>
      isError(span) && (numeric(span.attributes, OUTPUT) ?? 0) > 1
        ? withAttributes(span, { [OUTPUT]: '999' })
        : span,
    )
    const told = tellOne(other).story
    expect([told.outcome, told.attempts[0]?.phase]).toEqual([
      story.outcome,
      story.attempts[0]?.phase,
    ])
  }
})

test('from 1.97 on they tell whether content was delivered', () => {
  const broken = toldWhere(
    /^1\.(?:97|109)\.\d+\/v2$/u,
    (one) => one.verdict === 'NO_FALLBACK_AFTER_CONTENT' && one.api === 'chat',
  )
  const phases = broken.map(({ story }) => story.attempts[0]?.phase)
  expect(phases).toContain('mid_stream')
  expect(phases).not.toContain('before_content')
})

test('without tokens nothing is said of it', () => {
  const broken = toldWhere(
    /^1\.97\.0\/v2$/u,
    (one) => one.verdict === 'NO_FALLBACK_AFTER_CONTENT' && one.api === 'chat',
  )
  for (const { recording } of broken) {
    const bare = changed(recording, (span) => ({
      ...span,
      attributes: new Map([...span.attributes].filter(([key]) => !key.includes('usage'))),
    }))
    expect(tellOne(bare).story.attempts[0]?.phase).toBe('unknown')
  }
})

test('a truncated stream that LiteLLM calls complete is left alone: its hints are no proof', () => {
  const cut = toldWhere(/\/v[12]/u, ({ verdict }) => verdict.startsWith('SILENT_TRUNC'))
  for (const { story, findings } of cut) {
    expect(['ok', 'unknown']).toContain(story.outcome)
    expect(findings.filter(({ severity }) => severity === 'high')).toEqual([])
  }
})
