import { assert, beforeAll, describe, expect, test } from 'vitest'

import { decodeDocument } from '../../analyzer/ingest/decode-document.ts'
import { judge } from '../../analyzer/rules/judge.ts'
import { assembleStories } from '../../analyzer/story/assemble.ts'
import type { Story } from '../../analyzer/story/story.ts'
import { loadConfig } from '../../collector/config/load-config.ts'
import { startSidecar } from '../../collector/main.ts'
import { createTelemetry } from '../../collector/telemetry/create-telemetry.ts'
import { demoConfig } from '../../demo/config.ts'
import { startProvider } from '../../demo/provider/start-provider.ts'
import { SCENARIOS, type Scenario } from '../../demo/scenarios.ts'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { recordLog } from '../support/record-log.ts'

/**
 * What the analyzer makes of spans that a real router exported while a real provider broke: the
 * stories are held against what the clients got, byte for byte, and not against the router's word.
 */

interface Answer {
  readonly statusCode: number
  readonly body: string
}

const answers = new Map<string, Answer>()
const stories = new Map<string, Story>()

beforeAll(async () => {
  const provider = await startProvider()
  const receiver = await startOtlpReceiver()
  const loaded = loadConfig(demoConfig({ providerUrl: provider.url, sidecarPort: 0 }), {
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
  })
  assert(loaded.kind !== 'invalid')
  const telemetry = createTelemetry({
    config: loaded.config.telemetry,
    secrets: [],
    version: '1.2.3',
    log: recordLog(),
  })
  const sidecar = await startSidecar({ config: loaded.config, telemetry })
  try {
    await Promise.all(SCENARIOS.map((scenario) => ask(sidecar.url, scenario)))
  } finally {
    await sidecar.stop()
    await receiver.stop()
    await provider.stop()
  }
  const document = Buffer.concat(receiver.bodies)
  const decoded = decodeDocument(document, { salt: new Uint8Array(16) })
  assert(decoded.kind === 'decoded' && decoded.rejected === 0)
  const told = assembleStories({ source: 'demo', spans: decoded.spans, routerConfig: undefined })
  for (const story of told) stories.set(story.route ?? '', story)
}, 60_000)

async function ask(url: string, scenario: Scenario): Promise<void> {
  const gone = new AbortController()
  const response = await fetch(url + pathOf(scenario), {
    method: 'POST',
    signal: gone.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: scenario.name,
      stream: scenario.stream,
      max_tokens: 500,
      messages: [{ role: 'user', content: 'Say it.' }],
    }),
  })
  if (scenario.clientLeaves === true) {
    await response.body?.getReader().read()
    gone.abort()
    return
  }
  answers.set(scenario.name, { statusCode: response.status, body: await response.text() })
}

function pathOf({ api }: Scenario): string {
  return api === 'chat' ? '/v1/chat/completions' : '/v1/messages'
}

function storyOf({ name }: Scenario): Story {
  const story = stories.get(name)
  assert(story !== undefined, `no story of ${name}`)
  return story
}

/** Whether these bytes end as an answer of their protocol ends. */
function isWhole({ statusCode, body }: Answer, { stream, api }: Scenario): boolean {
  if (statusCode !== 200) return false
  if (!stream) return !('error' in JSON.parse(body))
  const terminal = api === 'chat' ? /"finish_reason":"[a-z_]+"/u : /event: message_stop/u
  return terminal.test(body) && !/"error":\{|event: error/u.test(body)
}

test('every request of the demo has one story', () => {
  expect([...stories.keys()].toSorted()).toEqual(SCENARIOS.map(({ name }) => name).toSorted())
})

describe.each(SCENARIOS)('$name', (scenario) => {
  test('has the outcome and the finding that it is there to show', () => {
    const story = storyOf(scenario)
    const [primary] = judge(story).filter(({ severity }) => severity !== 'info')
    expect({ outcome: story.outcome, finding: primary?.rule }).toEqual({
      outcome: scenario.expected.outcome,
      finding: scenario.expected.finding,
    })
  })

  test('is told whole: every attempt, its result, and what the client was sent', () => {
    const story = storyOf(scenario)
    expect(story).toMatchObject({
      dialect: 'secondwind',
      api: scenario.api,
      stream: scenario.stream,
      attemptsComplete: true,
      incomplete: false,
      gateway: { name: 'secondwind', release: '1.2.3' },
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
const READ = SCENARIOS.filter(({ clientLeaves }) => clientLeaves !== true)

test.each(READ)('$name: the story agrees with the bytes that the client got', (scenario) => {
  const story = storyOf(scenario)
  const answer = answers.get(scenario.name)
  assert(answer !== undefined)
  const whole = isWhole(answer, scenario)
  expect(story.client.complete).toBe(whole)
  expect(['ok', 'rescued'].includes(story.outcome)).toBe(whole)
  expect(story.client.errorShown).toBe(!whole)
  expect(story.client.statusCode).toBe(answer.statusCode)
})
