import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

import { EVERY_RULE, ruleFactsById } from '../../../analyzer/rules/every-rule.ts'
import { judge } from '../../../analyzer/rules/judge.ts'
import { sightOf } from '../../../analyzer/rules/sight.ts'
import { DIALECTS } from '../../../analyzer/story/dialects/index.ts'
import type { Story } from '../../../analyzer/story/story.ts'
import type { CompactSpan } from '../../support/compact-span.ts'
import { loadRecordings, tellRecording } from '../../support/litellm-recordings.ts'
import { renderSights } from '../../support/render-sights.ts'
import { tellStories } from '../../support/tell-stories.ts'

const PAGE = fileURLToPath(new URL('../../../docs/what-can-be-seen.md', import.meta.url))
const FIXTURES = fileURLToPath(new URL('../../fixtures/traces/', import.meta.url))

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

test('what is said to be out of sight is never found', () => {
  const stories = [...loadRecordings().flatMap(tellRecording), ...storiesOfFixtures()]
  const found = stories.flatMap((story) =>
    judge(story).map(({ rule }) => `${story.dialect} ${rule}`),
  )
  const outOfSight = [...new Set(found)].filter((pair) => {
    const [name, id = ''] = pair.split(' ')
    const rule = ruleFactsById(id)
    const dialect = DIALECTS.find((one) => one.name === name)
    return rule === undefined || dialect === undefined || sightOf(rule, dialect).sight === 'never'
  })
  expect(outOfSight).toEqual([])
}, 120_000)

function storiesOfFixtures(): readonly Story[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const fixture = JSON.parse(readFileSync(FIXTURES + name, 'utf8')) as {
        readonly spans?: readonly CompactSpan[]
        readonly routerConfig?: unknown
      }
      return fixture.spans === undefined ? [] : tellStories(fixture.spans, fixture.routerConfig)
    })
}
