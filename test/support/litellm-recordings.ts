import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

import { judge } from '../../analyzer/rules/judge.ts'
import { assembleStories } from '../../analyzer/story/assemble.ts'
import { parseRouterConfig } from '../../analyzer/story/router-config.ts'
import type { Span } from '../../analyzer/story/span.ts'
import type { Story } from '../../analyzer/story/story.ts'
import { decodeDocument } from './decode-document.ts'

/** One request that a real LiteLLM process exported, and what really happened to it. */
export interface Recording {
  /** `<release>/<mode>/<name>` */
  readonly id: string
  readonly mode: string
  readonly api: string
  readonly config: RecordedConfig
  readonly verdict: string
  readonly whatHappened: string
  readonly expected: Expected
  /** Decoded and stripped, as the analyzer sees them. */
  readonly spans: readonly Span[]
}

export interface RecordedConfig {
  readonly model_list: readonly {
    readonly model_name: string
    readonly litellm_params: { readonly model: string; readonly api_base?: string }
  }[]
  readonly router_settings?: { readonly fallbacks?: readonly Record<string, readonly string[]>[] }
  readonly fallbacks?: readonly Record<string, readonly string[]>[]
}

export interface Expected {
  readonly outcome: readonly string[]
  readonly must: readonly string[]
  readonly may: readonly string[]
  readonly indistinguishableFromOthers: boolean
}

const FILE = new URL('../fixtures/litellm/recordings.jsonl.gz', import.meta.url)

export function loadRecordings(file: URL | string = FILE): readonly Recording[] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const { otlp, ...told } = JSON.parse(line) as Omit<Recording, 'spans' | 'mode'> & {
      otlp: string
    }
    const spans = decodeDocument(Buffer.from(otlp, 'base64'))
    return { ...told, mode: told.id.slice(0, told.id.lastIndexOf('/')), spans }
  })
}

export function tellRecording({ id, spans, config }: Recording): readonly Story[] {
  return assembleStories({ source: id, spans, routerConfig: parseRouterConfig(config) })
}

/** What is wrong with these stories of one recorded request; empty: nothing. */
export function faultsOf(expected: Expected, stories: readonly Story[]): readonly string[] {
  const found = new Set(stories.flatMap((story) => judge(story).map((finding) => finding.rule)))
  // Nothing of LiteLLM's in the spans is nothing to tell of: `unknown` by another name.
  const outcomes = stories.length === 0 ? ['unknown'] : stories.map((story) => story.outcome)
  return [
    ...(stories.length > 1 ? [`told as ${stories.length} requests`] : []),
    ...outcomes
      .filter((outcome) => !expected.outcome.includes(outcome))
      .map((outcome) => `outcome ${outcome}, expected ${expected.outcome.join(' or ')}`),
    ...expected.must.filter((rule) => !found.has(rule)).map((rule) => `${rule} did not fire`),
    ...[...found]
      .filter((rule) => !expected.must.includes(rule) && !expected.may.includes(rule))
      .map((rule) => `false alarm: ${rule}`),
  ]
}
