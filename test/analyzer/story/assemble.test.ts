import { expect, test } from 'vitest'

import { assembleStories } from '../../../analyzer/story/assemble.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import { isLaterVersion } from '../../../analyzer/story/span-version.ts'
import { ATTR_OUTCOME, ATTR_ROUTE, ATTR_SCHEMA, SCOPE_NAME } from '../../../collector/vocabulary.ts'
import { buildSpan } from '../../support/otlp.ts'

/** Versions of one span, the sidecar's request span, that differ in anything. */
const VERSIONS: readonly Span[] = [
  ...['ok', 'failed', 'cancelled'].map((outcome) => request({ [ATTR_OUTCOME]: outcome })),
  request({ [ATTR_OUTCOME]: 'ok', big: 2n ** 60n }),
  { ...request({ [ATTR_OUTCOME]: 'ok' }), endTimeNs: 1_760_000_002_000_000_000n },
]

function request(attributes: NonNullable<Parameters<typeof buildSpan>[0]>['attributes']): Span {
  return buildSpan({
    kind: 'server',
    scope: { name: SCOPE_NAME, version: '' },
    attributes: { [ATTR_SCHEMA]: 1, [ATTR_ROUTE]: 'a', ...attributes },
  })
}

test('of versions of a span the same one is told, in whatever order they came (I8)', () => {
  const told = VERSIONS.map((_, first) => {
    const spans = [...VERSIONS.slice(first), ...VERSIONS.slice(0, first)]
    return assembleStories({ source: 's', spans, routerConfig: undefined })
  })
  expect(told[0]).toHaveLength(1)
  for (const stories of told) expect(stories).toEqual(told[0])
})

test('of any two versions one is the later, and no version is later than itself', () => {
  for (const one of VERSIONS) {
    expect(isLaterVersion(one, { ...one, attributes: new Map(one.attributes) })).toBe(false)
    for (const other of VERSIONS) {
      if (other === one) continue
      expect(isLaterVersion(one, other)).toBe(!isLaterVersion(other, one))
    }
  }
})
