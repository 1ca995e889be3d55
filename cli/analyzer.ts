import { readAnalyzerFile } from './config-file.ts'
import type { Command } from './command.ts'
import { findDataFolder } from './data-folder.ts'
import { createJsonLog } from './json-log.ts'
import { parseFlags, parsePort } from './parse-flags.ts'
import { endWithParent, runService } from './run-service.ts'
import { readVersion } from './version.ts'

const PAGE_PORT_DEFAULT = 4319
const OTLP_HTTP_PORT_DEFAULT = 4318
const OTLP_GRPC_PORT_DEFAULT = 4317

export const analyzer: Command = {
  name: 'analyzer',
  summary: 'Run the trace receiver, its rules, API and page alone',
  help: `Examples:
  secondwind analyzer
  secondwind analyzer --data-dir /var/lib/secondwind --router-config litellm/config.yaml

Usage: secondwind analyzer [options]

A LiteLLM sends to it with litellm_settings.callbacks: ["otel"] and these variables:
  OTEL_EXPORTER=otlp_http OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318

Options:
  --config FILE            a file with an analyzer: section
  --data-dir DIR           default SECONDWIND_DATA_DIR, else ~/.local/share/secondwind
  --host HOST              default 127.0.0.1; any other needs --auth-token-file
  --port PORT              page and API; default 4319; 0 lets the system choose
  --otlp-http-port PORT    OTLP/HTTP receiver; default 4318; 0 lets the system choose
  --otlp-grpc-port PORT    OTLP/gRPC receiver; default 4317; 0 lets the system choose
  --auth-token-file FILE   the token that senders and readers must show
  --allowed-host NAME      accept this Host beside localhost; repeatable
  --router-config FILE     the LiteLLM config.yaml of the sender: tells which routes have fallbacks
`,
  run: async (args, io) => {
    endWithParent()
    const { values } = parseFlags(args, {
      config: { type: 'string' },
      'data-dir': { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      'otlp-http-port': { type: 'string' },
      'otlp-grpc-port': { type: 'string' },
      'auth-token-file': { type: 'string' },
      'allowed-host': { type: 'string', multiple: true },
      'router-config': { type: 'string' },
    })
    const port = parsePort('port', values.port)
    const otlpHttpPort = parsePort('otlp-http-port', values['otlp-http-port'])
    const otlpGrpcPort = parsePort('otlp-grpc-port', values['otlp-grpc-port'])
    const log = createJsonLog(io.stderr, 'analyzer')
    if (values.config !== undefined) readAnalyzerFile(values.config)
    // Loaded late: `--help` and a wrong option must not wait for the database.
    const { startAnalyzer } = await import('../analyzer/main.ts')
    const started = await startAnalyzer({
      host: values.host ?? '127.0.0.1',
      port: port ?? PAGE_PORT_DEFAULT,
      otlpHttpPort: otlpHttpPort ?? OTLP_HTTP_PORT_DEFAULT,
      otlpGrpcPort: otlpGrpcPort ?? OTLP_GRPC_PORT_DEFAULT,
      dataDir: findDataFolder(values['data-dir']),
      version: readVersion(),
      allowedHosts: values['allowed-host'] ?? [],
      ...given('configFile', values.config),
      ...given('authTokenFile', values['auth-token-file']),
      ...given('routerConfigFile', values['router-config']),
      log: (line, level = 'info') => log[level](line),
    })
    const { pageUrl, otlpHttpUrl, otlpGrpcUrl } = started
    const addresses = `page ${pageUrl}, OTLP/HTTP ${otlpHttpUrl}, OTLP/gRPC ${otlpGrpcUrl}`
    return runService(started, `secondwind analyzer ready: ${addresses}`, io)
  },
}

function given<K extends string>(
  key: K,
  value: string | undefined,
): { readonly [k in K]?: string } {
  if (value === undefined) return {}
  const entry: Partial<Record<K, string>> = {}
  entry[key] = value
  return entry
}
