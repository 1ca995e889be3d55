import { readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Metrics, createMetrics } from '../../../collector/server/metrics.ts'
import { findPromtool, NO_PROMTOOL } from '../../support/find-promtool.ts'
import { type Family, parsePrometheus } from '../../support/parse-prometheus.ts'
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts'

const CUT = { reason: 'stream-cut', phase: 'mid_stream', message: 'x' } as const

const ATTEMPT = {
  number: 1,
  kind: 'initial',
  route: 'gpt',
  deployment: 'gpt/1',
  provider: 'openai',
  model: 'gpt-4o',
  serverAddress: '127.0.0.1',
  serverPort: 80,
  breakerState: 'closed',
  droppedFields: [],
  stream: true,
} as const

const ENDED = {
  delivered: { chunks: 1, chars: 1, kinds: [], toolCalls: 0 },
  receivedTerminal: true,
  preludeEvents: 0,
  chunks: 1,
  longestSilenceMs: 1,
} as const

/** One request whose stream was cut and joined on another target. */
function record({ recorder }: Metrics): void {
  const request = recorder.startRequest({ api: 'chat', path: '/v1/chat/completions' })
  request.startAttempt(ATTEMPT).end({ ...ENDED, result: 'failed', failure: CUT })
  const fallback = request.recordFallback({
    attemptNumber: 2,
    fromRoute: 'gpt',
    toRoute: 'backup',
    fromDeployment: 'gpt/1',
    reason: 'stream-cut',
    strategy: 'prefill',
    why: 'capability',
    forced: false,
  })
  const second = request.startAttempt({ ...ATTEMPT, kind: 'fallback', deployment: 'backup/1' })
  fallback.end({ verified: true, aligned: false, droppedChars: 0, heldMs: 1 })
  second.end({ ...ENDED, result: 'ok' })
  request.end({
    route: 'gpt',
    stream: true,
    outcome: 'rescued',
    attempts: 2,
    fallbacksConfigured: ['backup'],
    fallbacksDisabled: false,
    targetsSkipped: [],
    client: { complete: true, closingFrameAdded: false, envelopes: 1, bytes: 1 },
    headerHoldExpired: false,
    timeToFirstContentMs: 300,
  })
}

let text: string
let families: ReadonlyMap<string, Family>

beforeAll(() => {
  const metrics = createMetrics({
    telemetry: createRecordingTelemetry(),
    version: '1.2.3',
    breakers: () => [['gpt/1', 'half_open']],
  })
  record(metrics)
  text = metrics.render()
  families = parsePrometheus(text)
})

const samplesOf = (name: string) =>
  (families.get(`secondwind_sidecar_${name}`)?.samples ?? []).map(({ labels, value }) => [
    ...Object.values(labels),
    value,
  ])

function labelsOf({ samples }: Family): string {
  const names = Object.keys(samples[0]?.labels ?? {}).filter((name) => name !== 'le')
  return names.map((name) => `\`${name}\``).join(', ')
}

describe('/metrics', () => {
  test('tells requests, attempts, failures, decisions and seams apart', () => {
    expect(samplesOf('requests_total')).toEqual([['gpt', 'chat', 'rescued', 1]])
    expect(samplesOf('requests_in_flight')).toEqual([[0]])
    expect(samplesOf('attempts_total')).toEqual([
      ['gpt', 'gpt/1', 'initial', 'failed', 1],
      ['gpt', 'backup/1', 'fallback', 'ok', 1],
    ])
    expect(samplesOf('failures_total')).toEqual([['gpt/1', 'stream-cut', 'mid_stream', 1]])
    expect(samplesOf('fallbacks_total')).toEqual([['gpt', 'backup', 'stream-cut', 'prefill', 1]])
    expect(samplesOf('seams_total')).toEqual([['backup', 'true', 1]])
    expect(samplesOf('time_to_first_content_seconds').at(-2)).toEqual(['gpt', 0.3])
  })

  test('tells the breakers’ states, the spans and the release', () => {
    expect(samplesOf('breaker_state')).toEqual([
      ['gpt/1', 'closed', 0],
      ['gpt/1', 'half_open', 1],
      ['gpt/1', 'open', 0],
    ])
    expect(samplesOf('spans_total')).toEqual([['exported', 1]])
    expect(samplesOf('build_info')).toEqual([['1.2.3', process.version, 1]])
  })

  test('is what docs/metrics.md lists: name, type, labels and meaning', () => {
    const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
    const [, ofSidecar = ''] = page.split(/^## /mu)
    const listed = ofSidecar.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$/gm)
    expect([...listed].map(([, ...cells]) => cells)).toEqual(
      [...families.values()].map((each) => [each.name, each.type, labelsOf(each), each.help]),
    )
  })

  test('is accepted by promtool, where there is one', ({ skip }) => {
    const promtool = findPromtool()
    if (promtool === '') skip(NO_PROMTOOL)
    const { status, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: text })
    expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
  })
})
