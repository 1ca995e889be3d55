import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { assembleStories } from '../../../analyzer/story/assemble.ts'
import { parseRouterConfig, type RouterConfig } from '../../../analyzer/story/router-config.ts'
import { NEIGHBOUR_TRACES_MAX } from '../../../analyzer/story/settle.ts'
import type { Story } from '../../../analyzer/story/story.ts'
import { seededRandom } from '../../../demo/random.ts'
import { faultsOf, loadRecordings } from '../../support/litellm-recordings.ts'
import { rename, union } from '../../support/move-recordings.ts'
import {
  alikes,
  mixedUp,
  overlap,
  type Overlapped,
  type OverlapOptions,
} from '../../support/overlap-recordings.ts'

/**
 * Requests of one process at one time. Nothing in the spans of a router in process says which
 * attempts are one request's, so a wrong joining would look like any right one: a failure would be
 * told as rescued, and nobody would ever see it.
 */
const recordings = loadRecordings()
const modes = [...new Set(recordings.map(({ mode }) => mode))]

interface Crowd {
  readonly name: string
  readonly options: Omit<OverlapOptions, 'random'>
}

const CROWDS: readonly Crowd[] = [
  { name: 'at the same instant', options: { withinMs: 0 } },
  { name: 'within a second', options: { withinMs: 1000 } },
  { name: 'within half a minute', options: { withinMs: 30_000 } },
]

function tell({ spans }: Overlapped, routerConfig: RouterConfig | undefined): readonly Story[] {
  return assembleStories({ source: 'all', spans, routerConfig })
}

/** Every span that anything of the story rests on. */
function spanIdsOf(story: Story): { readonly spanIds: readonly string[] } {
  const { attempts, continuations, client, fallbacks, requestSpanId } = story
  const evidence = [
    ...attempts.flatMap((attempt) => attempt.evidence),
    ...continuations.flatMap((continuation) => continuation.evidence),
    ...client.evidence,
    ...[fallbacks.configured, fallbacks.notTried, fallbacks.skipped, fallbacks.disabled].flatMap(
      (fact) => fact?.evidence ?? [],
    ),
  ]
  return {
    spanIds: [
      requestSpanId,
      ...attempts.flatMap(({ spanId }) => spanId ?? []),
      ...evidence.map(({ spanId }) => spanId),
    ],
  }
}

/** What is said of one of them that is not so; that nothing is said is allowed. */
function misjudged({ parts }: Overlapped, stories: readonly Story[]): readonly string[] {
  return parts.flatMap(({ id, verdict, spans, expected }) => {
    const own = new Set(spans.map(({ spanId }) => spanId))
    const told = stories.filter((story) => own.has(story.requestSpanId))
    const allowed = { ...expected, outcome: [...expected.outcome, 'unknown'], must: [] }
    return faultsOf({ ...allowed, may: [...expected.may, ...expected.must] }, told)
      .filter((fault) => !fault.startsWith('told as'))
      .map((fault) => `${id} (${verdict}): ${fault}`)
  })
}

test.each(modes)('requests to LiteLLM %s that overlap are never taken for one', (mode) => {
  const own = recordings
    .filter((recording) => recording.mode === mode)
    .map((recording, position) => rename(recording, `r${position}x`))
  const config = parseRouterConfig(union(own.map((recording) => recording.config)))
  for (const { name, options } of CROWDS) {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const overlapped = overlap(own, { ...options, random: seededRandom(seed) })
        expect({ [name]: faultsAmong(overlapped, config) }).toEqual({ [name]: [] })
        const blind = tell(overlapped, undefined)
        expect({ [name]: mixedUp(overlapped, blind.map(spanIdsOf)) }).toEqual({ [name]: [] })
      }),
      { numRuns: 3 },
    )
  }
})

test.each(modes)('nor are they where all of LiteLLM %s go to the same routes', (mode) => {
  for (const own of alikes(recordings.filter((recording) => recording.mode === mode))) {
    const config = parseRouterConfig(own[0]?.config)
    for (const { name, options } of CROWDS) {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const overlapped = overlap(own, { ...options, copies: 3, random: seededRandom(seed) })
          expect({ [name]: faultsAmong(overlapped, config) }).toEqual({ [name]: [] })
        }),
        { numRuns: 3 },
      )
    }
  }
})

test.each(modes.filter((mode) => mode.includes('/sdk-') || mode === '1.83.14/v1'))(
  'nor in a crowd of more traces of LiteLLM %s than are ever looked at together',
  (mode) => {
    const [own = []] = alikes(recordings.filter((recording) => recording.mode === mode)).toSorted(
      (left, right) => right.length - left.length,
    )
    const copies = Math.ceil((2 * NEIGHBOUR_TRACES_MAX) / own.length)
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const crowd = overlap(own, { withinMs: 10_000, copies, random: seededRandom(seed) })
        expect(faultsAmong(crowd, parseRouterConfig(own[0]?.config))).toEqual([])
      }),
      { numRuns: 1 },
    )
  },
)

function faultsAmong(overlapped: Overlapped, config: RouterConfig): readonly string[] {
  const told = tell(overlapped, config)
  return [...mixedUp(overlapped, told.map(spanIdsOf)), ...misjudged(overlapped, told)]
}
