import { type Span, type Tracer, trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { RECEIVER_FAULTS } from '../support/faulty-receiver.ts'
import {
  type Answer,
  type TelemetryRig,
  deliveredTraces,
  differences,
  imbalance,
  startTelemetryRig,
} from '../support/telemetry-rig.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

/**
 * Invariant I6 against everything that a receiver can do. `test/long/telemetry-faults.test.ts` is
 * the same for ten minutes at fifty streams a second.
 */

let reference: readonly Answer[]
beforeAll(async () => {
  const rig = await startTelemetryRig()
  reference = await rig.askAll()
  await rig.stop()
})

async function start(options: Parameters<typeof startTelemetryRig>[0]): Promise<TelemetryRig> {
  const rig = await startTelemetryRig(options)
  onTestFinished(() => rig.stop())
  return rig
}

describe.each(RECEIVER_FAULTS)('a receiver that does this: %s', (fault) => {
  test('changes no byte that a client gets, and has every span afterwards', async () => {
    const rig = await start({ spoolDir: temporaryFolder() })
    const { receiver, telemetry } = rig
    await receiver.behave(fault)
    const answers: Answer[] = []
    for (let round = 0; round < 3; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- rounds, so that there are several batches
      answers.push(...(await rig.askAll()))
      expect(imbalance(telemetry)).toBe(0)
    }
    expect(differences(answers, reference)).toEqual([])
    await waitUntil(() => rig.lines.length > 0, 'the one warning')
    await waitUntil(() => telemetry.counts().get('waiting') === 0, 'all of it on disk')
    expect(rig.lines.map(({ message }) => message)).toEqual([
      'spans cannot be delivered; they wait',
    ])
    expect(telemetry.counts().get('sent')).toBe(0)
    await receiver.behave('healthy')
    await waitUntil(() => telemetry.flush(1000), 'all of it delivered')
    const delivered = deliveredTraces(receiver)
    expect(answers.filter(({ traceId }) => !delivered.has(traceId))).toEqual([])
    expect(telemetry.counts().get('sent')).toBe(telemetry.counts().get('ended'))
    expect(imbalance(telemetry)).toBe(0)
  })
})

test('sampling keeps every failure and every rescue, and counts what it drops', async () => {
  const rig = await start({ sampleRatio: 0 })
  const answers = await rig.askAll()
  await waitUntil(() => rig.telemetry.flush(1000), 'all of it delivered')
  const delivered = deliveredTraces(rig.receiver)
  const missing = answers.filter(({ traceId }) => !delivered.has(traceId))
  expect(missing.map(({ scenario }) => scenario)).toEqual(['healthy'])
  expect(new Set(delivered.values())).toEqual(new Set(['failed', 'rescued']))
  expect(rig.telemetry.counts().get('dropped_sampling')).toBe(4)
  expect(imbalance(rig.telemetry)).toBe(0)
})

describe('OpenTelemetry’s own calls that throw, one in four', () => {
  const undo: (() => void)[] = []
  let seed = 1
  /** Of its own, so that a failure can be repeated. */
  const random = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff
    return seed / 2 ** 31
  }
  let thrown = 0
  const IDLE: SpanProcessor = {
    onStart: () => undefined,
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const sabotage = <T extends object>(prototype: T, name: keyof T) => {
    const original: unknown = prototype[name]
    if (typeof original !== 'function') throw new Error(`${String(name)} is no method`)
    undo.push(() => Object.assign(prototype, { [name]: original }))
    const sabotaged = function call(this: unknown, ...args: unknown[]): unknown {
      if (random() < 0.25) {
        thrown += 1
        throw new Error(`thrown on purpose by ${String(name)}`)
      }
      return Reflect.apply(original, this, args)
    }
    Object.assign(prototype, { [name]: sabotaged })
  }

  beforeAll(() => {
    const sdk = new NodeSDK({
      autoDetectResources: false,
      spanProcessors: [IDLE],
      instrumentations: [],
    })
    trace.disable()
    sdk.start()
    const tracer = trace.getTracer('x')
    const tracers = Object.getPrototypeOf(tracer) as Tracer
    const spans = Object.getPrototypeOf(tracer.startSpan('x')) as Span
    trace.disable()
    sabotage(tracers, 'startSpan')
    for (const name of ['setStatus', 'end', 'spanContext'] as const) sabotage(spans, name)
  })
  afterAll(() => {
    for (const restore of undo) restore()
  })

  test('change no byte that a client gets, and no count', async () => {
    const rig = await start({})
    const answers: Answer[] = []
    for (let round = 0; round < 5; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- rounds: the calls come in another order
      answers.push(...(await rig.askAll()))
    }
    expect(thrown).toBeGreaterThan(20)
    expect(differences(answers, reference)).toEqual([])
    expect(answers.filter(({ traceId }) => !/^[0-9a-f]{32}$/.test(traceId))).toEqual([])
    await rig.telemetry.flush(5000)
    const counts = rig.telemetry.counts()
    expect(counts.get('recording_errors')).toBeGreaterThan(0)
    expect(imbalance(rig.telemetry)).toBe(0)
    expect(counts.get('sent')).toBe(rig.receiver.spans.length)
    expect(rig.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })
})
