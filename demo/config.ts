import { stringify } from 'yaml'
import { SCENARIOS, type Scenario, type Target } from './scenarios.ts'

export interface DemoConfigOptions {
  /** Of the provider, without a slash at its end. */
  readonly providerUrl: string
  readonly sidecarPort: number
}

/**
 * The sidecar's configuration, in the shape of LiteLLM's `config.yaml`: one route per scenario.
 * Timers are short, so that a silent provider costs a second. Breaker, cool-downs and the retry
 * budget would let one request decide about the next: they are out of the way, so that the same
 * seed gives the same outcomes on a slow machine too.
 */
export function demoConfig({ providerUrl, sidecarPort }: DemoConfigOptions): string {
  const withBackup = SCENARIOS.filter((scenario) => scenario.backup.length > 0)
  return stringify({
    model_list: SCENARIOS.flatMap((scenario) => [
      ...deployments(scenario.name, scenario.targets, providerUrl),
      ...deployments(backupOf(scenario), scenario.backup, providerUrl),
    ]),
    router_settings: {
      num_retries: 0,
      allowed_fails: 100_000,
      fallbacks: withBackup.map((scenario) => ({ [scenario.name]: [backupOf(scenario)] })),
    },
    secondwind: {
      listen: { port: sidecarPort },
      // Of all routes, so they leave room for a machine that is busy with other things.
      timers: { first_content_ms: 8000, content_idle_ms: 4000 },
      breaker: { quota_open_ms: 1 },
      routes: Object.fromEntries(
        SCENARIOS.filter(({ strategy }) => strategy !== undefined).map(({ name, strategy }) => [
          name,
          { continuation: { strategy } },
        ]),
      ),
    },
  })
}

function backupOf(scenario: Scenario): string {
  return `${scenario.name}-backup`
}

function deployments(route: string, targets: readonly Target[], providerUrl: string): unknown[] {
  return targets.map((target, index) => ({
    model_name: route,
    litellm_params: {
      model: target.model,
      // `api_base` is the prefix before `/chat/completions`; Anthropic's is the origin.
      api_base: target.model.startsWith('anthropic/') ? providerUrl : `${providerUrl}/v1`,
      api_key: 'sk-demo-made-up',
      ...(target.timeoutS === undefined ? {} : { timeout: target.timeoutS }),
      ...(target.streamTimeoutS === undefined ? {} : { stream_timeout: target.streamTimeoutS }),
    },
    model_info: { id: `${route}-${index + 1}` },
  }))
}
