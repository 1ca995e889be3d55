import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { judge } from '../../analyzer/rules/judge.ts'
import { assembleStories } from '../../analyzer/story/assemble.ts'
import { parseRouterConfig, type RouterConfig } from '../../analyzer/story/router-config.ts'
import type { Attributes, AttributeValue, Span } from '../../analyzer/story/span.ts'
import type { Story } from '../../analyzer/story/story.ts'
import { toOtlpJson, type CompactSpan } from './compact-span.ts'
import { decodeDocument } from './decode-document.ts'
import { loadRecordings } from './litellm-recordings.ts'

/** The spans of one request, recorded or written, of any dialect. */
export interface Sample {
  readonly id: string
  readonly spans: readonly Span[]
  readonly routerConfig: RouterConfig | undefined
}

export interface Told {
  readonly stories: readonly Story[]
  readonly classes: ReadonlySet<string>
}

/** Every recording, and every fixture of every rule. */
export function loadSamples(): readonly Sample[] {
  const recorded = loadRecordings().map(({ id, spans, config }) => ({
    id,
    spans,
    routerConfig: parseRouterConfig(config),
  }))
  return [...recorded, ...loadFixtures()]
}

const FIXTURES = fileURLToPath(new URL('../fixtures/traces/', import.meta.url))

function loadFixtures(): readonly Sample[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .flatMap((name) => {
      const fixture = JSON.parse(readFileSync(FIXTURES + name, 'utf8')) as {
        readonly spans?: readonly CompactSpan[]
        readonly routerConfig?: unknown
      }
      if (fixture.spans === undefined) return []
      const routerConfig =
        fixture.routerConfig === undefined ? undefined : parseRouterConfig(fixture.routerConfig)
      return [{ id: name, spans: decodeDocument(toOtlpJson(fixture.spans)), routerConfig }]
    })
}

/** Told and judged; a rule that throws ends the test. */
export function tell({ id, routerConfig }: Sample, spans: readonly Span[]): Told {
  const stories = assembleStories({ source: id, spans, routerConfig })
  const findings = stories.flatMap((story) =>
    judge(story, {
      onRuleError: (_, error) => {
        throw error
      },
    }),
  )
  return { stories, classes: new Set(findings.map(({ rule }) => rule)) }
}

/**
 * The keys that a verdict on these spans rests on: a key that nobody looks at changes nothing when
 * it is gone, so only these need to be tried.
 */
export function keysRead(sample: Sample): ReadonlySet<string> {
  const read = new Set<string>()
  const spied = sample.spans.map((span) => ({
    ...span,
    attributes: new SpiedAttributes(span.attributes, read),
    events: span.events.map((event) => ({
      ...event,
      attributes: new SpiedAttributes(event.attributes, read),
    })),
  }))
  tell(sample, spied)
  return read
}

/** Each attribute of this name, on spans and their events, made another one; `undefined`: gone. */
export function withAttribute(
  spans: readonly Span[],
  key: string,
  value: AttributeValue | undefined,
): readonly Span[] {
  const changed = (attributes: Attributes): Attributes => {
    if (!attributes.has(key)) return attributes
    const kept = new Map(attributes)
    if (value === undefined) kept.delete(key)
    else kept.set(key, value)
    return kept
  }
  return spans.map((span) => ({
    ...span,
    attributes: changed(span.attributes),
    events: span.events.map((event) => ({ ...event, attributes: changed(event.attributes) })),
  }))
}

class SpiedAttributes extends Map<string, AttributeValue> {
  readonly #read: Set<string>

  constructor(attributes: Attributes, read: Set<string>) {
    super()
    for (const [key, value] of attributes) super.set(key, value)
    this.#read = read
  }

  override get(key: string): AttributeValue | undefined {
    if (super.has(key)) this.#read.add(key)
    return super.get(key)
  }

  override has(key: string): boolean {
    if (super.has(key)) this.#read.add(key)
    return super.has(key)
  }

  /** Whoever walks through the keys looks for a prefix; resources are compared whole. */
  override keys(): MapIterator<string> {
    for (const key of super.keys())
      if (/^(?:gen_ai|llm|openinference)\./u.test(key)) this.#read.add(key)
    return super.keys()
  }
}
