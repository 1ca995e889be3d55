import { loadConfig } from '../../collector/config/load-config.ts'
import { startSidecar } from '../../collector/main.ts'
import { createTelemetry } from '../../collector/telemetry/create-telemetry.ts'

/** The sidecar as it ships, every request traced and exported. */
const upstream = `http://127.0.0.1:${process.argv[2]}`
const loaded = loadConfig(
  JSON.stringify({
    model_list: [
      {
        model_name: 'bench',
        litellm_params: { model: 'openai/bench', api_base: `${upstream}/v1`, api_key: 'sk-bench' },
      },
      {
        model_name: 'other',
        litellm_params: { model: 'openai/other', api_base: `${upstream}/v1`, api_key: 'sk-bench' },
      },
    ],
    router_settings: { fallbacks: [{ bench: ['other'] }] },
    secondwind: { listen: { port: 0 } },
  }),
  { environment: { OTEL_EXPORTER_OTLP_ENDPOINT: upstream } },
)
if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems))
const ignore = (): void => {
  // What the benchmark measures is on stdout; the sidecar's log has no reader here.
}
const telemetry = createTelemetry({
  config: loaded.config.telemetry,
  secrets: [],
  version: 'bench',
  log: { info: ignore, warn: ignore, error: ignore },
})
const sidecar = await startSidecar({ config: loaded.config, telemetry })
process.send?.({ port: sidecar.port })
process.on('message', () => {
  const counts = Object.fromEntries(telemetry.counts())
  process.send?.({ counts, rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20) })
})
process.on('disconnect', () => process.exit(0))
