import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Cancellation } from '../../collector/routing/cancellation.ts'
import type { Api } from '../../collector/vocabulary.ts'
import { SERVED } from '../matrix/cells.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createRecordingTelemetry } from '../support/recording-telemetry.ts'
import type { RecordedRequest } from '../support/recording-telemetry.ts'
import { loadTestConfig } from '../support/start-router.ts'
import { createChance } from './chance.ts'
import { drawAnswer, SIMULATED_FAULTS } from './draw-answer.ts'
import type { SimulatedFault } from './draw-answer.ts'
import { bodyOf, modelOf } from '../matrix/run-cell.ts'
import { createSimulatedRouter, routeRequest } from './route-request.ts'
import { VirtualClient } from './virtual-client.ts'
import { createVirtualNetwork } from './virtual-network.ts'

/**
 * Where a network cuts an answer is nobody's intention: the same bytes of the targets give the
 * client the same bytes, and telemetry the same story, however they are cut.
 */

interface Scenario {
  readonly client: Api
  readonly targets: readonly [Api, Api]
  readonly seed: number
  readonly fault: SimulatedFault
  readonly callsTool: boolean
  readonly style: 'from-anchor' | 'starts-over' | 'without-anchor'
}

/** Of an answer's length; or after every byte. */
type Cuts = 'everywhere' | readonly number[]

interface Told {
  readonly statusCode: number | undefined
  readonly body: string
  readonly recorded: RecordedRequest
}

async function play(scenario: Scenario, cuts: readonly Cuts[]): Promise<Told> {
  const clock = createFakeClock()
  const telemetry = createRecordingTelemetry()
  const network = createVirtualNetwork(clock, (call) => {
    const index = call.url.hostname === 'target-1.invalid' ? 0 : 1
    const answer = drawAnswer({
      // The same answer in every play: what is drawn hangs on the seed and the target alone.
      chance: createChance(scenario.seed + index),
      call,
      api: scenario.targets[index] ?? scenario.client,
      target: `target-${index + 1}`,
      style: scenario.style,
      callsTool: scenario.callsTool,
      words: 40,
      fault: index === 0 ? scenario.fault : 'healthy',
    })
    // No time passes: silences and holds are part of the story.
    return { ...answer, gapMs: 0, cuts: cutsOf(cuts[index] ?? [], answer.body.length) }
  })
  const config = loadTestConfig({
    routes: scenario.targets.map((api, index) => ({
      name: index === 0 ? 'asked' : 'fallback',
      model: modelOf(api, scenario.seed % 2 === 0),
      apiBase: `http://target-${index + 1}.invalid`,
    })),
    fallbacks: { asked: ['fallback'] },
  })
  const client = new VirtualClient(clock, {
    leavesAfterMs: undefined,
    takesBytes: undefined,
    restMs: 0,
  })
  const at = scenario.callsTool ? 'in a tool call' : 'in text'
  const done = routeRequest(createSimulatedRouter(config, clock, network.client), {
    api: scenario.client,
    body: bodyOf({ client: scenario.client, at }),
    connection: client,
    cancellation: new Cancellation(),
    recorder: telemetry,
  })
  do {
    // oxlint-disable-next-line no-await-in-loop -- the router's own promises come first
    await new Promise((resolve) => setImmediate(resolve))
  } while (clock.fireNext())
  await done
  const body = client.body.replaceAll(/[0-9a-f]{24}/g, '<id>')
  return { statusCode: client.statusCode, body, recorded: await telemetry.waitForRequest() }
}

function cutsOf(cuts: Cuts, length: number): readonly number[] {
  if (cuts === 'everywhere') return Array.from({ length: length - 1 }, (_, index) => index + 1)
  return [...new Set(cuts.map((share) => Math.floor(share * length)))]
    .filter((cut) => cut > 0 && cut < length)
    .toSorted((a, b) => a - b)
}

const api = fc.constantFrom(...SERVED)

const cuts = fc.oneof(
  { weight: 1, arbitrary: fc.constant('everywhere' as const) },
  {
    weight: 4,
    arbitrary: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
  },
)

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  client: api,
  targets: fc.tuple(api, api),
  seed: fc.nat(100_000),
  fault: fc.constantFrom<SimulatedFault[]>('healthy', ...SIMULATED_FAULTS),
  callsTool: fc.boolean(),
  style: fc.constantFrom('from-anchor', 'starts-over', 'without-anchor'),
})

describe('however the network cuts what targets send', () => {
  test('the client is sent the same bytes, and the same is recorded', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, cuts, cuts, async (scenario, first, second) => {
        const whole = await play(scenario, [])
        const cut = await play(scenario, [first, second])

        expect(cut).toEqual(whole)
      }),
      { numRuns: 150 },
    )
  }, 120_000)
})
