import type { Clock } from '../../collector/routing/clock.ts'
import type { Sidecar } from '../../collector/main.ts'
import type { SidecarConfig } from '../../collector/config/config.ts'
import type { RecordingTelemetry } from './recording-telemetry.ts'
import { loadConfig } from '../../collector/config/load-config.ts'
import { startSidecar } from '../../collector/main.ts'
import { createRecordingTelemetry } from './recording-telemetry.ts'

export interface RouterSetup {
  /** One deployment per entry; several of one name are one route. */
  readonly routes: readonly RouteSetup[]
  readonly fallbacks?: Readonly<Record<string, readonly string[]>>
  readonly router?: object
  readonly general?: object
  readonly secondwind?: object
  readonly clock?: Clock
}

export interface RouteSetup {
  readonly name: string
  /** `openai/…` or `anthropic/…`. */
  readonly model: string
  readonly apiBase: string
  readonly params?: object
  readonly info?: object
}

export interface TestRouter extends Sidecar {
  readonly config: SidecarConfig
  readonly telemetry: RecordingTelemetry
}

/** A real sidecar on a port of the system's choice, from a configuration as users write it. */
export async function startRouter(setup: RouterSetup): Promise<TestRouter> {
  const config = loadTestConfig(setup)
  const telemetry = createRecordingTelemetry()
  const sidecar = await startSidecar({
    config,
    telemetry,
    ...(setup.clock !== undefined && { clock: setup.clock }),
  })
  return { ...sidecar, config, telemetry }
}

export function loadTestConfig(setup: RouterSetup): SidecarConfig {
  const { secondwind, general } = setup
  const text = JSON.stringify({
    model_list: setup.routes.map((route) => ({
      model_name: route.name,
      litellm_params: {
        model: route.model,
        api_base: route.apiBase,
        api_key: 'sk-provider-key-1234',
        ...route.params,
      },
      ...(route.info !== undefined && { model_info: route.info }),
    })),
    router_settings: {
      num_retries: 0,
      ...(setup.fallbacks !== undefined && {
        fallbacks: Object.entries(setup.fallbacks).map(([route, names]) => ({ [route]: names })),
      }),
      ...setup.router,
    },
    ...(general !== undefined && { general_settings: general }),
    secondwind: {
      ...secondwind,
      listen: {
        port: 0,
        ...(secondwind !== undefined &&
          'listen' in secondwind &&
          isObject(secondwind.listen) &&
          secondwind.listen),
      },
    },
  })
  const loaded = loadConfig(text, { environment: {} })
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems, null, 2))
  return loaded.config
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
