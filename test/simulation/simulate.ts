import { Cancellation } from '../../collector/routing/cancellation.ts'
import type { ClientConnection } from '../../collector/routing/client.ts'
import type { Recorder } from '../../collector/routing/recorder.ts'
import type { Router } from '../../collector/routing/request-run.ts'
import type { SidecarConfig } from '../../collector/config/config.ts'
import type { Api } from '../../collector/vocabulary.ts'
import type { ContinuationStyle } from '../../demo/provider/answer-text.ts'
import { SERVED } from '../matrix/cells.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { createRecordingTelemetry } from '../support/recording-telemetry.ts'
import type { RecordedRequest, RecordingTelemetry } from '../support/recording-telemetry.ts'
import { loadTestConfig } from '../support/start-router.ts'
import type { RouteSetup } from '../support/start-router.ts'
import { createChance } from './chance.ts'
import type { Chance } from './chance.ts'
import { drawAnswer, SIMULATED_FAULTS } from './draw-answer.ts'
import type { SimulatedFault } from './draw-answer.ts'
import { createSimulatedRouter, routeRequest } from './route-request.ts'
import type { RoutedBody } from './route-request.ts'
import { VirtualClient } from './virtual-client.ts'
import { createVirtualNetwork } from './virtual-network.ts'
import type { Call } from './virtual-network.ts'

export interface SimulatedRequest {
  readonly number: number
  readonly api: Api
  readonly callsTool: boolean
  readonly client: VirtualClient
  /** In the order in which they were sent. */
  readonly calls: readonly Call[]
  readonly recorded: RecordedRequest | undefined
  /** Set where the router threw. */
  readonly defect: string | undefined
  readonly concluded: boolean
}

export interface Simulated {
  readonly seed: number
  readonly requests: readonly SimulatedRequest[]
  /** What was wrong while it ran. */
  readonly breaches: readonly string[]
}

/** Ways to wrap the parts of a run; the tests of the checks plant their bugs here. */
export interface Wrapping {
  readonly connection?: (connection: ClientConnection) => ClientConnection
  readonly cancellation?: () => Cancellation
  readonly clock?: (clock: FakeClock) => FakeClock
  readonly recorder?: (recorder: Recorder) => Recorder
}

export const SIMULATED_WORDS = 40

/** More than any seed needs; a router that waits for ever is cut off here. */
const STEPS_MAX = 100_000

/** Hosts of the simulated world; each deployment has its own. */
const DEPLOYMENTS_MAX = 4

/**
 * One world of one seed: targets that break, clients that leave or read slowly, on a virtual clock.
 * The faults that are about at all are drawn first, so that each seed has its own weather.
 */
export async function simulate(seed: number, wrapping: Wrapping = {}): Promise<Simulated> {
  const chance = createChance(seed)
  const clock = (wrapping.clock ?? ((same) => same))(createFakeClock(chance.random))
  const world = new World(chance, clock, wrapping)
  return { seed, ...(await world.run()) }
}

/** What plays one seed again. */
export function replayCommand(seed: number): string {
  return `SECONDWIND_SEED=${seed} npx vitest run test/simulation/simulation.test.ts`
}

class World {
  readonly #chance: Chance
  readonly #clock: FakeClock
  readonly #wrapping: Wrapping
  readonly #telemetry: RecordingTelemetry = createRecordingTelemetry()
  readonly #router: Router
  readonly #calls: readonly Call[]
  readonly #styles: ReadonlyMap<string, ContinuationStyle>
  readonly #weather: readonly SimulatedFault[]
  readonly #faultRate: number
  readonly #running: Running[] = []
  readonly #breaches: string[] = []

  constructor(chance: Chance, clock: FakeClock, wrapping: Wrapping) {
    this.#chance = chance
    this.#clock = clock
    this.#wrapping = wrapping
    this.#weather = SIMULATED_FAULTS.filter(() => chance.happens(0.5))
    this.#faultRate = chance.pick([0.2, 0.6, 0.9])
    const { config, styles } = drawConfig(chance)
    this.#styles = styles
    const network = createVirtualNetwork(clock, (call) => {
      const target = call.url.hostname.split('.')[0] ?? ''
      const running = this.#runningOf(call.body)
      return drawAnswer({
        chance,
        call,
        api: apiOf(call.url.pathname),
        target,
        style: this.#styles.get(target) ?? 'from-anchor',
        callsTool: running?.callsTool === true,
        words: SIMULATED_WORDS,
        fault: this.#drawFault(),
      })
    })
    this.#calls = network.calls
    this.#router = createSimulatedRouter(config, clock, network.client)
  }

  async run(): Promise<Omit<Simulated, 'seed'>> {
    const count = this.#chance.between(1, 6)
    for (let number = 1; number <= count; number += 1) {
      this.#clock.setTimer(this.#chance.between(0, 5000), () => this.#start(number))
    }
    let steps = 0
    do {
      // oxlint-disable-next-line no-await-in-loop -- the router's own promises come first
      await new Promise((resolve) => setImmediate(resolve))
      this.#look()
      steps += 1
    } while (steps < STEPS_MAX && this.#clock.fireNext())
    if (this.#clock.timers() > 0) this.#breaches.push('I9: something waits for ever')
    for (const call of this.#calls) {
      if (!call.over) this.#breaches.push('I9: a connection that nobody closes')
    }
    return {
      requests: this.#running.map((running) => this.#report(running)),
      breaches: this.#breaches,
    }
  }

  #start(number: number): void {
    const chance = this.#chance
    const api = chance.pick(nonEmpty(SERVED))
    const callsTool = chance.happens(0.2)
    const body = drawBody(chance, { api, number, callsTool })
    const client = new VirtualClient(this.#clock, {
      leavesAfterMs: chance.happens(0.25) ? chance.between(0, 20_000) : undefined,
      takesBytes: chance.happens(0.2) ? chance.between(1, 2000) : undefined,
      restMs: chance.between(1, 8000),
    })
    const running: Running = { number, api, callsTool, client, recorded: undefined }
    this.#running.push(running)
    const cancellation = this.#wrapping.cancellation?.() ?? new Cancellation()
    client.onGone(() => cancellation.cancel('client-gone'))
    const routed = {
      api,
      body,
      cancellation,
      connection: this.#wrapping.connection?.(client) ?? client,
      recorder: this.#recorder(running),
    }
    void this.#serve(running, routed)
  }

  async #serve(running: Running, routed: RoutedBody): Promise<void> {
    try {
      await routeRequest(this.#router, routed)
      running.concluded = true
    } catch (error: unknown) {
      running.defect = error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
  }

  /** The telemetry, which also tells which request a record is of. */
  #recorder(running: Running): Recorder {
    const telemetry = this.#telemetry
    const recorder = this.#wrapping.recorder?.(telemetry) ?? telemetry
    return {
      startRequest: (start) => {
        const request = recorder.startRequest(start)
        return {
          traceId: request.traceId,
          traceparent: request.traceparent,
          startAttempt: (attempt) => request.startAttempt(attempt),
          recordFallback: (decision) => request.recordFallback(decision),
          end: (summary) => {
            const before = telemetry.requests.length
            request.end(summary)
            running.recorded = telemetry.requests[before]
          },
        }
      },
    }
  }

  /** What must hold at every moment. */
  #look(): void {
    for (const running of this.#running) {
      const calls = this.#callsOf(running)
      const open = calls.filter((call) => !call.over)
      if (open.length > 1) this.#breaches.push(`request ${running.number}: two attempts at once`)
      if (running.client.isGone && open.length > 0) {
        this.#breaches.push(`I5: request ${running.number} goes on without its client`)
      }
    }
  }

  #report(running: Running): SimulatedRequest {
    return {
      number: running.number,
      api: running.api,
      callsTool: running.callsTool,
      client: running.client,
      calls: this.#callsOf(running),
      recorded: running.recorded,
      defect: running.defect,
      concluded: running.concluded === true,
    }
  }

  #callsOf({ number }: Running): readonly Call[] {
    return this.#calls.filter(({ call }) => numberIn(call.body) === number)
  }

  #runningOf(body: Uint8Array): Running | undefined {
    const number = numberIn(body)
    return this.#running.find((running) => running.number === number)
  }

  #drawFault(): SimulatedFault {
    const [first, ...others] = this.#weather
    if (first === undefined || !this.#chance.happens(this.#faultRate)) return 'healthy'
    return this.#chance.pick([first, ...others])
  }
}

interface Running {
  readonly number: number
  readonly api: Api
  readonly callsTool: boolean
  readonly client: VirtualClient
  recorded: RecordedRequest | undefined
  defect?: string
  concluded?: boolean
}

function numberIn(body: Uint8Array): number {
  return Number(/request (\d+) of the simulation/.exec(new TextDecoder().decode(body))?.[1])
}

function apiOf(path: string): Api {
  if (path.endsWith('/messages')) return 'messages'
  return path.endsWith('/responses') ? 'responses' : 'chat'
}

const MODELS = [
  'openai/gpt-5',
  'openai/responses/gpt-5',
  'anthropic/claude-sonnet-4-5',
  'anthropic/claude-sonnet-4-6',
] as const

function drawConfig(chance: Chance): {
  readonly config: SidecarConfig
  readonly styles: ReadonlyMap<string, ContinuationStyle>
} {
  const count = chance.between(1, DEPLOYMENTS_MAX)
  const styles = new Map<string, ContinuationStyle>()
  const routes: RouteSetup[] = Array.from({ length: count }, (_, index) => {
    const host = `target-${index + 1}`
    styles.set(host, chance.pick(['from-anchor', 'from-anchor', 'starts-over', 'without-anchor']))
    return {
      // Two deployments of one route now and then: a retry elsewhere is no fallback.
      name: index === 0 || chance.happens(0.2) ? 'asked' : `fallback-${index}`,
      model: chance.pick(MODELS),
      apiBase: `http://${host}.invalid`,
    }
  })
  const fallbacks = [...new Set(routes.map(({ name }) => name))].filter((name) => name !== 'asked')
  const config = loadTestConfig({
    routes,
    ...(fallbacks.length > 0 && { fallbacks: { asked: fallbacks } }),
    router: { num_retries: chance.between(0, 2), ...(chance.happens(0.3) && { timeout: 30 }) },
    secondwind: {
      continuation: { enabled: !chance.happens(0.1), with_tools: chance.happens(0.3) },
    },
  })
  return { config, styles }
}

function drawBody(
  chance: Chance,
  { api, number, callsTool }: Pick<Running, 'api' | 'number' | 'callsTool'>,
): object {
  const question = [{ role: 'user', content: `This is request ${number} of the simulation.` }]
  const parameters = { type: 'object', properties: {} }
  const options = {
    model: 'asked',
    stream: true,
    ...(chance.happens(0.1) && { disable_fallbacks: true }),
    ...(chance.happens(0.1) && { disable_mid_stream_continuation: true }),
  }
  switch (api) {
    case 'chat':
      return {
        ...options,
        messages: question,
        ...(chance.happens(0.3) && { stream_options: { include_usage: true } }),
        ...(callsTool && {
          tools: [{ type: 'function', function: { name: 'get_weather', parameters } }],
        }),
      }
    case 'messages':
      return {
        ...options,
        max_tokens: 4000,
        messages: question,
        ...(callsTool && { tools: [{ name: 'get_weather', input_schema: parameters }] }),
      }
    case 'responses':
      return {
        ...options,
        input: question,
        ...(callsTool && { tools: [{ type: 'function', name: 'get_weather', parameters }] }),
      }
    default:
      return api satisfies never
  }
}

function nonEmpty<T>(items: readonly T[]): readonly [T, ...T[]] {
  const [first, ...others] = items
  if (first === undefined) throw new Error('nothing to pick from')
  return [first, ...others]
}
