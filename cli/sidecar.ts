import type { SidecarConfig } from '../collector/config/config.ts'
import type { Sidecar, SidecarOptions } from '../collector/main.ts'
import type { Secret } from '../collector/config/secret.ts'
import type { Command } from './command.ts'
import { CommandError } from './command-error.ts'
import { findConfigFile, readConfigFile, readTokenFile } from './config-file.ts'
import { createJsonLog } from './json-log.ts'
import { parseFlags, parsePort } from './parse-flags.ts'
import { endWithParent, runService } from './run-service.ts'
import { readVersion } from './version.ts'

export const sidecar: Command = {
  name: 'sidecar',
  summary: 'Run the fallback router alone',
  help: `Examples:
  secondwind sidecar --config config.yaml
  secondwind sidecar --config config.yaml --host 0.0.0.0 --auth-token-file token
  OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 secondwind sidecar --config config.yaml

Usage: secondwind sidecar [--config FILE] [options]

Point a client's base_url at it: http://127.0.0.1:4100/v1 (OpenAI SDK), http://127.0.0.1:4100
(Anthropic SDK). Spans go to OTEL_EXPORTER_OTLP_ENDPOINT, default http://127.0.0.1:4318.

Options:
  --config FILE            LiteLLM's config.yaml; default SECONDWIND_CONFIG, ./secondwind.yaml,
                           ./config.yaml
  --host HOST              default 127.0.0.1; any other needs a key
  --port PORT              default 4100; 0 lets the system choose
  --auth-token-file FILE   the key that clients must show, instead of general_settings.master_key
  --allowed-host NAME      accept this Host beside localhost; repeatable
`,
  run: async (args, io) => {
    endWithParent()
    const { values } = parseFlags(args, {
      config: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      'auth-token-file': { type: 'string' },
      'allowed-host': { type: 'string', multiple: true },
    })
    const port = parsePort('port', values.port)
    const clientKey = readTokenFile(values['auth-token-file'])
    const file = findConfigFile(values.config)
    const { config, warnings } = readConfigFile(file, {
      ...(values.host === undefined ? {} : { host: values.host }),
      ...(port === undefined ? {} : { port }),
      ...(clientKey === undefined ? {} : { clientKey }),
      allowedHosts: values['allowed-host'] ?? [],
    })
    const log = createJsonLog(io.stderr, 'sidecar')
    for (const { message, path, code } of warnings) log.warn(message, { path, code })
    if (config.ignoredKeys.length > 0) {
      log.info('keys of the configuration that change nothing here', { keys: config.ignoredKeys })
    }
    const secrets = secretsOf(config)
    // Loaded late: `--help` and a wrong option must not wait for the telemetry SDK.
    const { createTelemetry } = await import('../collector/telemetry/create-telemetry.ts')
    const version = readVersion()
    const telemetry = createTelemetry({
      config: config.telemetry,
      secrets,
      version,
      log,
    })
    const started = await start({ config, telemetry, version, log })
    return runService(started, `secondwind sidecar ready: ${started.url}`, io)
  },
}

async function start(options: SidecarOptions): Promise<Sidecar> {
  const { startSidecar } = await import('../collector/main.ts')
  try {
    return await startSidecar(options)
  } catch (error) {
    throw describeListenError(error, options.config.listen) ?? error
  }
}

const LISTEN_ERRORS: ReadonlySet<unknown> = new Set(['EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND'])

function describeListenError(
  error: unknown,
  { host, port }: SidecarConfig['listen'],
): CommandError | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new CommandError('PORT_IN_USE', {
      message: `port ${port} of ${host} is in use by another process`,
      hint: `stop it, or choose another port with --port; "lsof -i :${port}" shows who has it`,
      cause: error,
    })
  }
  if (!LISTEN_ERRORS.has(code)) return undefined
  return new CommandError('ADDRESS_UNUSABLE', {
    message: `cannot listen on ${host}, port ${port}: ${String(code)}`,
    hint: 'check --host; ports below 1024 need a privilege',
    cause: error,
  })
}

/** Every secret that this process holds: none may come out in a span. */
function secretsOf(config: SidecarConfig): readonly Secret[] {
  const deployments = [...config.routes.values()].flatMap((route) => route.deployments)
  return [config.clientKey, ...deployments.map((entry) => entry.apiKey)]
    .filter((secret) => secret !== undefined)
    .concat(...config.telemetry.headers.values())
}
