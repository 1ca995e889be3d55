import { loadConfig } from '../../collector/config/load-config.ts'
import { startSidecar } from '../../collector/main.ts'
import {
  type SidecarTelemetry,
  createTelemetry,
} from '../../collector/telemetry/create-telemetry.ts'
import { ATTR_OUTCOME } from '../../collector/vocabulary.ts'
import { demoConfig } from '../../demo/config.ts'
import { startProvider } from '../../demo/provider/start-provider.ts'
import { SCENARIOS, type Scenario } from '../../demo/scenarios.ts'
import { type FaultyReceiver, startFaultyReceiver } from './faulty-receiver.ts'
import { type LogLine, recordLog } from './record-log.ts'

/** Healthy, rescued and failed, before content and half-way; none that waits for a time-out. */
const PLAYED: readonly string[] = [
  'healthy',
  'cut-by-reset',
  'every-target-fails',
  'tool-call-cut',
  'nothing-to-fall-back-to',
  'prefill-forced',
]

/** What a client got: everything that telemetry could have changed. */
export interface Answer {
  readonly scenario: string
  readonly traceId: string
  readonly status: number
  readonly body: string
}

export interface TelemetryRig {
  readonly receiver: FaultyReceiver
  readonly telemetry: SidecarTelemetry
  readonly lines: readonly LogLine[]
  readonly scenarios: readonly Scenario[]
  ask(scenario: Scenario): Promise<Answer>
  /** Each scenario once, all at one time. */
  askAll(): Promise<readonly Answer[]>
  stop(): Promise<void>
}

export interface RigOptions {
  readonly spoolDir?: string
  readonly sampleRatio?: number
  readonly exportTimeoutMs?: number
}

/** As by default: ten minutes of failures at fifty streams a second take half of it. */
const SPOOL_BYTES_MAX = 256 * 1024 ** 2

/** A real sidecar between the demo's provider and a receiver of spans that can do anything. */
export async function startTelemetryRig(options: RigOptions = {}): Promise<TelemetryRig> {
  const { spoolDir, sampleRatio = 1, exportTimeoutMs = 500 } = options
  const provider = await startProvider()
  const receiver = await startFaultyReceiver()
  // The demo's limits are for a demo: here a busy machine must not look like a silent provider.
  const config = demoConfig({ providerUrl: provider.url, sidecarPort: 0 })
    .replace(/first_content_ms: \d+/, 'first_content_ms: 120000')
    .replace(/content_idle_ms: \d+/, 'content_idle_ms: 120000')
  const loaded = loadConfig(config, {
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: String(exportTimeoutMs),
      OTEL_BSP_SCHEDULE_DELAY: '5',
    },
  })
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems))
  const log = recordLog()
  const telemetry = createTelemetry({
    config: {
      ...loaded.config.telemetry,
      sampleRatio,
      ...(spoolDir !== undefined && { spool: { dir: spoolDir, bytesMax: SPOOL_BYTES_MAX } }),
    },
    secrets: [],
    version: '0.0.0',
    log,
  })
  const sidecar = await startSidecar({ config: loaded.config, telemetry })
  const scenarios = SCENARIOS.filter(({ name }) => PLAYED.includes(name))
  const ask = (scenario: Scenario) => askScenario(sidecar.url, scenario)
  return {
    receiver,
    telemetry,
    lines: log.lines,
    scenarios,
    ask,
    askAll: () => Promise.all(scenarios.map(ask)),
    stop: async () => {
      await receiver.behave('refused')
      await sidecar.stop()
      await receiver.stop()
      await provider.stop()
    },
  }
}

async function askScenario(url: string, scenario: Scenario): Promise<Answer> {
  const path = scenario.api === 'chat' ? '/v1/chat/completions' : '/v1/messages'
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: scenario.name,
      stream: scenario.stream,
      max_tokens: 500,
      messages: [{ role: 'user', content: 'Say it.' }],
    }),
  })
  return {
    scenario: scenario.name,
    traceId: response.headers.get('x-secondwind-trace-id') ?? '',
    status: response.status,
    body: withoutNumbers(await response.text()),
  }
}

/**
 * The provider numbers its answers and dates them; translated ones have an id of ours. How a cut
 * connection is noticed (reset, or closed) is the kernel's and the moment's, under any load.
 */
function withoutNumbers(body: string): string {
  return body
    .replaceAll(/demo\d{6}/g, 'demo')
    .replaceAll(/chatcmpl-[0-9a-f]{24}/g, 'chatcmpl')
    .replaceAll(/(answer was complete: )[^"]*/g, '$1cut')
    .replaceAll(/"created(_at)?":\d+/g, '"created":0')
}

/** Where an answer is not what a client gets while all is well. */
export function differences(
  answers: readonly Answer[],
  reference: readonly Answer[],
): readonly string[] {
  const expected = new Map(reference.map((answer) => [answer.scenario, answer]))
  return answers.flatMap(({ scenario, status, body }) => {
    const well = expected.get(scenario)
    if (status !== well?.status) return [`${scenario}: status ${status}`]
    if (body === well.body) return []
    let at = 0
    while (at < body.length && body[at] === well.body[at]) at += 1
    return [`${scenario}, at ${at}: ${body.slice(Math.max(at - 40, 0), at + 40)}`]
  })
}

/** 0 where every span is accounted for. */
export function imbalance(telemetry: SidecarTelemetry): number {
  const counts = telemetry.counts()
  const get = (name: string) => counts.get(name) ?? 0
  let known = get('sent') + get('waiting') + get('spooled')
  for (const [name, count] of counts) if (name.startsWith('dropped_')) known += count
  return get('ended') + get('recovered') - known
}

/** Trace ids of the requests that ended so, as the receiver has them. */
export function deliveredTraces({ spans }: FaultyReceiver): ReadonlyMap<string, unknown> {
  return new Map(
    spans
      .filter(({ kind }) => kind === 'server')
      .map(({ traceId, attributes }) => [traceId, attributes.get(ATTR_OUTCOME)]),
  )
}
