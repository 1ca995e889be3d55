import { assert } from 'vitest'

import { decodeDocument } from '../../cli/classify/decode-document.ts'
import { assembleStories } from '../../analyzer/story/assemble.ts'
import { parseRouterConfig } from '../../analyzer/story/router-config.ts'
import type { Story } from '../../analyzer/story/story.ts'
import { toOtlpJson, type CompactSpan } from './compact-span.ts'

const SALT = new TextEncoder().encode('of these tests')

/** What the analyzer makes of these spans: the real decoder, the real stripping, every dialect. */
export function tellStories(
  spans: readonly CompactSpan[],
  routerConfig?: unknown,
): readonly Story[] {
  const decoded = decodeDocument(toOtlpJson(spans), { salt: SALT })
  assert(decoded.kind === 'decoded' && decoded.rejected === 0, 'the spans of the test are not OTLP')
  return assembleStories({
    source: 'test',
    spans: decoded.spans,
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
