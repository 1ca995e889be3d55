import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { tellWindows } from '../../../../analyzer/rules/window/tell-windows.ts'
import { toVerdict } from '../../../../analyzer/settling/to-verdict.ts'
import { openVerdictStore } from '../../../../analyzer/store/sqlite/verdicts/open-verdict-store.ts'
import type { Story } from '../../../../analyzer/story/story.ts'
import { tellStories } from '../../../support/tell-stories.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { toSpans, type Traffic } from '../../../support/test-window-rule.ts'
import { NO_PROGRESS } from '../../../support/verdicts.ts'

const FIXTURES = fileURLToPath(new URL('../../../fixtures/traces/', import.meta.url))

const ALL = ['cooldown-missed', 'fallback-sustained'].flatMap((rule) =>
  readdirSync(FIXTURES + rule).map((name) => `${rule}/${name}`),
)

/** When the last span of all tests has long been received. */
const RECEIVED_MS = 2_000_000_000_000

test.each(ALL)('the analyzer finds in %s what is told of the file', (name) => {
  const { traffic, routerConfig } = JSON.parse(readFileSync(FIXTURES + name, 'utf8')) as {
    readonly traffic: readonly Traffic[]
    readonly routerConfig?: unknown
  }
  const stories = tellStories(toSpans(traffic), routerConfig)
  const told = tellWindows(stories).map(({ rule, target, minutes, summary }) => ({
    rule,
    target,
    minutes,
    summary,
  }))
  expect(found(stories)).toEqual(
    told.toSorted((left, right) => (left.rule < right.rule ? -1 : left.rule > right.rule ? 1 : 0)),
  )
})

/** As the store has it after verdicts in the opposite order, some of them in steps of seven. */
function found(stories: readonly Story[]) {
  const store = openVerdictStore(join(temporaryFolder(), 'verdicts.db'), {
    nowMs: 0,
    log: () => {},
  })
  const verdicts = stories
    .map((story) => toVerdict(story, { findings: [], nowMs: RECEIVED_MS }))
    .toReversed()
  for (let at = 0; at < verdicts.length; at += 7) {
    const some = verdicts.slice(at, at + 7)
    store.replace(
      some.map((one) => ({ source: one.source, traceIds: one.traceIds, verdicts: [one] })),
      NO_PROGRESS,
    )
  }
  const incidents = store.incidents()
  expect(store.verify()).toEqual([])
  store.close()
  return incidents
    .map(({ rule, count, summary, fingerprint }) => ({
      rule,
      target: fingerprint.ingredients.cause,
      minutes: count,
      summary,
    }))
    .toSorted((left, right) => (left.rule < right.rule ? -1 : left.rule > right.rule ? 1 : 0))
}

test('a sender whose clock is ahead tells no order: its requests are no proof of a missed cool-down', () => {
  const { traffic } = JSON.parse(
    readFileSync(`${FIXTURES}cooldown-missed/fires-sidecar-refused-key.json`, 'utf8'),
  ) as { readonly traffic: readonly Traffic[] }
  const stories = tellStories(toSpans(traffic))
  const store = openVerdictStore(join(temporaryFolder(), 'verdicts.db'), {
    nowMs: 0,
    log: () => {},
  })
  // All of them were received in one batch, a day before they say that they happened.
  const nowMs = 1_700_000_000_000 - 86_400_000
  const verdicts = stories.map((story) => toVerdict(story, { findings: [], nowMs }))
  store.replace(
    verdicts.map((one) => ({ source: one.source, traceIds: one.traceIds, verdicts: [one] })),
    NO_PROGRESS,
  )
  expect(store.incidents()).toEqual([])
  store.close()
})
