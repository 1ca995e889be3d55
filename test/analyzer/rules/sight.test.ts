import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

import { EVERY_RULE } from '../../../analyzer/rules/every-rule.ts'
import { judge } from '../../../analyzer/rules/judge.ts'
import { sightOf } from '../../../analyzer/rules/sight.ts'
import { tellWindows } from '../../../analyzer/rules/window/tell-windows.ts'
import { DIALECTS } from '../../../analyzer/story/dialects/index.ts'
import type { CompactSpan } from '../../support/compact-span.ts'
import { loadRecordings, tellRecording } from '../../support/litellm-recordings.ts'
import { renderSights } from '../../support/render-sights.ts'
import { tellStories } from '../../support/tell-stories.ts'
import { toSpans, type Traffic } from '../../support/test-window-rule.ts'

const PAGE = fileURLToPath(new URL('../../../docs/what-can-be-seen.md', import.meta.url))
const FIXTURES = fileURLToPath(new URL('../../fixtures/traces/', import.meta.url))

const IN_SIGHT: ReadonlySet<string> = new Set(
  DIALECTS.flatMap((dialect) =>
    EVERY_RULE.filter((rule) => sightOf(rule, dialect).sight !== 'never').map(
      ({ id }) => `${dialect.name} ${id}`,
    ),
  ),
)

/** Why what can be seen has not been seen. */
const WITHOUT_FIXTURE: ReadonlyMap<string, string> = new Map([
  [
    'litellm-v2 error-masked',
    'the request’s span has the words of the router as v1’s has them, but in the releases that lose the root cause none was recorded with v2',
  ],
])

test('docs/what-can-be-seen.md says what rules need and dialects tell', async () => {
  // Where this fails: `node scripts/what-can-be-seen.mjs` makes it anew; read what has changed.
  await expect(renderSights(EVERY_RULE, DIALECTS)).toMatchFileSnapshot(PAGE)
})

test('a class is seen as well as the worst told of the facts that it needs', () => {
  const tells = DIALECTS[0]?.tells
  if (tells === undefined) throw new Error('there is no dialect')
  const dialect = {
    tells: {
      ...tells,
      silence: { sight: 'sometimes', why: 'x' },
      usage: { sight: 'never', why: 'x' },
    },
  } as const
  expect(sightOf({ needs: [] }, dialect)).toEqual({ sight: 'always', lacking: [] })
  expect(sightOf({ needs: ['outcome'] }, dialect)).toEqual({ sight: 'always', lacking: [] })
  expect(sightOf({ needs: ['outcome', 'silence'] }, dialect)).toEqual({
    sight: 'sometimes',
    lacking: ['silence'],
  })
  expect(sightOf({ needs: ['usage', 'silence'] }, dialect)).toEqual({
    sight: 'never',
    lacking: ['usage'],
  })
})

describe('over every recording and every fixture', () => {
  const found = foundPairs()

  test('what is said to be out of sight is never found', () => {
    const outOfSight = [...found].filter((pair) => !IN_SIGHT.has(pair))
    expect(outOfSight).toEqual([])
  })

  test('what is said to be in sight is found in spans of that dialect', () => {
    // Where this fails: a fixture is missing, or what the dialect `tells` promises too much.
    const neverSeen = [...IN_SIGHT].filter((pair) => !found.has(pair))
    expect(neverSeen).toEqual([...WITHOUT_FIXTURE.keys()])
  })
})

/** Which class was found in spans of which dialect. */
function foundPairs(): ReadonlySet<string> {
  const fixtures = readFixtures()
  const stories = [
    ...loadRecordings().flatMap(tellRecording),
    ...fixtures.flatMap(({ spans, routerConfig }) =>
      spans === undefined ? [] : tellStories(spans, routerConfig),
    ),
  ]
  const runs = fixtures.flatMap(({ traffic, routerConfig }) =>
    traffic === undefined ? [] : tellWindows(tellStories(toSpans(traffic), routerConfig)),
  )
  return new Set([
    ...stories.flatMap((story) => judge(story).map(({ rule }) => `${story.dialect} ${rule}`)),
    ...runs.flatMap(({ rule, examples }) => examples.map(({ dialect }) => `${dialect} ${rule}`)),
  ])
}

interface Fixture {
  readonly spans?: readonly CompactSpan[]
  readonly traffic?: readonly Traffic[]
  readonly routerConfig?: unknown
}

function readFixtures(): readonly Fixture[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(FIXTURES + name, 'utf8')) as Fixture)
}
