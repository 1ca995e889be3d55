import { assert, beforeAll, describe, expect, test } from 'vitest'

import { judge } from '../../analyzer/rules/judge.ts'
import type { Story } from '../../analyzer/story/story.ts'
import type { Api } from '../../collector/vocabulary.ts'
import { demoConfig } from '../../demo/config.ts'
import { SCENARIOS, type Scenario } from '../../demo/scenarios.ts'
import { SIDECAR_RELEASE, tellSidecar } from '../support/tell-sidecar.ts'

/**
 * What the analyzer makes of spans that a real router exported while a real provider broke: the
 * stories are held against what the clients got, byte for byte, and not against the router's word.
 */

/** A scenario of the demo, asked in a protocol of its own choice or in Responses. */
interface Asked {
  readonly title: string
  readonly scenario: Scenario
  readonly api: Api
}

const ASKED: readonly Asked[] = SCENARIOS.flatMap((scenario) =>
  [...new Set<Api>([scenario.api, 'responses'])].map((api) => ({
    title: `${scenario.name}, asked through ${api}`,
    scenario,
    api,
  })),
)

const PATHS: Readonly<Record<Api, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
}

/** What shows that an answer of each protocol is over. */
const TERMINALS: Readonly<Record<Api, RegExp>> = {
  chat: /"finish_reason":"[a-z_]+"/u,
  messages: /event: message_stop/u,
  responses: /event: response\.(?:completed|incomplete)/u,
}

interface Answer {
  readonly statusCode: number
  readonly body: string
}

const answers = new Map<string, Answer>()
const stories = new Map<string, Story>()

beforeAll(async () => {
  const told = await tellSidecar({
    configOf: (providerUrl) => demoConfig({ providerUrl, sidecarPort: 0 }),
    ask: (url) => Promise.all(ASKED.map((asked) => ask(url, asked))),
  })
  for (const story of told) stories.set(keyOf(story.route ?? '', story.api), story)
}, 60_000)

function keyOf(route: string, api: string): string {
  return `${route} ${api}`
}

async function ask(url: string, { scenario, api }: Asked): Promise<void> {
  const gone = new AbortController()
  const question =
    api === 'responses'
      ? { input: 'Say it.' }
      : { max_tokens: 500, messages: [{ role: 'user', content: 'Say it.' }] }
  const response = await fetch(url + PATHS[api], {
    method: 'POST',
    signal: gone.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: scenario.name, stream: scenario.stream, ...question }),
  })
  if (scenario.clientLeaves === true) {
    await response.body?.getReader().read()
    gone.abort()
    return
  }
  const answer = { statusCode: response.status, body: await response.text() }
  answers.set(keyOf(scenario.name, api), answer)
}

function storyOf({ scenario, api }: Asked): Story {
  const story = stories.get(keyOf(scenario.name, api))
  assert(story !== undefined, `no story of ${scenario.name}`)
  return story
}

/** Whether these bytes end as an answer of their protocol ends. */
function isWhole({ statusCode, body }: Answer, { scenario, api }: Asked): boolean {
  if (statusCode !== 200) return false
  if (!scenario.stream) return !hasError(JSON.parse(body))
  return TERMINALS[api].test(body) && !/"error":\{|event: error/u.test(body)
}

/** A Response has the field always, and `null` where nothing failed. */
function hasError(answer: { readonly error?: unknown }): boolean {
  return answer.error !== undefined && answer.error !== null
}

/** A bypass is told apart where it happens on Responses. */
function findingOf({ scenario, api }: Asked): string | undefined {
  const { finding } = scenario.expected
  const isBypass = finding === 'fallback-bypassed' && api === 'responses'
  return isBypass ? 'aresponses-fallback-bypassed' : finding
}

test('every request of the demo has one story', () => {
  const asked = ASKED.map(({ scenario, api }) => keyOf(scenario.name, api))
  expect([...stories.keys()].toSorted()).toEqual(asked.toSorted())
})

describe.each(ASKED)('$title', (asked) => {
  const { scenario, api } = asked

  test('has the outcome and the finding that it is there to show', () => {
    const story = storyOf(asked)
    const [primary] = judge(story).filter(({ severity }) => severity !== 'info')
    expect({ outcome: story.outcome, finding: primary?.rule }).toEqual({
      outcome: scenario.expected.outcome,
      finding: findingOf(asked),
    })
  })

  test('is told whole: every attempt, its result, and what the client was sent', () => {
    const story = storyOf(asked)
    expect(story).toMatchObject({
      dialect: 'secondwind',
      api,
      stream: scenario.stream,
      attemptsComplete: true,
      incomplete: false,
      gateway: { name: 'secondwind', release: SIDECAR_RELEASE },
      fallbacks: {
        configured: { value: scenario.backup.length > 0 ? [`${scenario.name}-backup`] : [] },
      },
    })
    expect(story.attempts.map(({ status }) => status)).not.toContain('unknown')
    const failed = story.attempts.filter(({ status }) => status === 'failed')
    expect(failed.map(({ reason }) => reason)).not.toContain(undefined)
    expect(failed.map(({ phase }) => phase)).not.toContain('unknown')
  })
})

/** Those whose clients read to the end. */
const READ = ASKED.filter(({ scenario }) => scenario.clientLeaves !== true)

test.each(READ)('$title: the story agrees with the bytes that the client got', (asked) => {
  const story = storyOf(asked)
  const answer = answers.get(keyOf(asked.scenario.name, asked.api))
  assert(answer !== undefined)
  const whole = isWhole(answer, asked)
  expect(story.client.complete).toBe(whole)
  expect(['ok', 'rescued'].includes(story.outcome)).toBe(whole)
  expect(story.client.errorShown).toBe(!whole)
  expect(story.client.statusCode).toBe(answer.statusCode)
})
