import { assert } from 'vitest'

import { assembleStories } from '../../analyzer/story/assemble.ts'
import { parseRouterConfig } from '../../analyzer/story/router-config.ts'
import type { Story } from '../../analyzer/story/story.ts'
import { toOtlpJson, type CompactSpan } from './compact-span.ts'
import { decodeDocument } from './decode-document.ts'

/** What the analyzer makes of these spans: the real decoder, the real stripping, every dialect. */
export function tellStories(
  spans: readonly CompactSpan[],
  routerConfig?: unknown,
): readonly Story[] {
  return assembleStories({
    source: 'test',
    spans: decodeDocument(toOtlpJson(spans)),
    routerConfig: routerConfig === undefined ? undefined : parseRouterConfig(routerConfig),
  })
}

/** For spans that are those of one request. */
export function tellStory(spans: readonly CompactSpan[], routerConfig?: unknown): Story {
  const stories = tellStories(spans, routerConfig)
  const [story] = stories
  assert(stories.length === 1 && story !== undefined, `one story, not ${stories.length}`)
  return story
}
