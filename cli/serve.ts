import { startChild } from './child-process.ts'
import { EXIT, type Command, type CommandIo } from './command.ts'
import { CommandError } from './command-error.ts'
import { findConfigFile, readConfigFile, readTokenFile } from './config-file.ts'
import { findDataFolder } from './data-folder.ts'
import { freePort } from './free-port.ts'
import { createJsonLog } from './json-log.ts'
import { parseFlags, parsePort } from './parse-flags.ts'
import { type ServiceName, Supervisor, type SupervisorEnd } from './supervisor.ts'

/** The analyzer has nothing to drain: it commits what it took and closes. */
const ANALYZER_STOP_MS = 10_000
/** Beyond the drain: the flush of telemetry, and closing. */
const SIDECAR_STOP_EXTRA_MS = 10_000

export const serve: Command = {
  name: 'serve',
  summary: 'Run sidecar, analyzer and page together',
  help: `Examples:
  secondwind serve --config config.yaml
  secondwind serve --config config.yaml --data-dir ./data --port 4000

Usage: secondwind serve [--config FILE] [options]

Starts sidecar and analyzer, two processes under one supervisor. Neither waits for the other:
requests are served while the analyzer starts, and what they tell waits for it. One that dies is
started again, the other is not touched; where one refuses to start, the other is drained and
stopped. One Ctrl-C drains and stops both, a second one hurries.

Options:
  --config FILE            LiteLLM's config.yaml; default SECONDWIND_CONFIG, ./secondwind.yaml,
                           ./config.yaml
  --data-dir DIR           default SECONDWIND_DATA_DIR, else ~/.local/share/secondwind
  --host HOST              of all listeners; default 127.0.0.1; any other needs a key
  --port PORT              of the sidecar; default 4100
  --page-port PORT         of page and API; default 4319
  --otlp-http-port PORT    of the OTLP/HTTP receiver; default 4318
  --otlp-grpc-port PORT    of the OTLP/gRPC receiver; default 4317
  --auth-token-file FILE   the key that clients, senders and readers must show
  --allowed-host NAME      accept this Host beside localhost; repeatable
  --router-config FILE     config.yaml of a LiteLLM that sends its spans here, too
`,
  run: async (args, io) => {
    const plan = await readPlan(args)
    const log = createJsonLog(io.stderr, 'serve')
    const supervisor = new Supervisor({
      spawn: (name, ready, events) => startChild(toChild(plan, { name, ready, io }), events),
      clock: {
        now: () => performance.now(),
        setTimer: (delayMs, callback) => {
          const timer = setTimeout(callback, delayMs)
          return () => clearTimeout(timer)
        },
      },
      log: (message, fields) => log.warn(message, fields),
      stopMs: { analyzer: ANALYZER_STOP_MS, sidecar: plan.drainMs + SIDECAR_STOP_EXTRA_MS },
    })
    const signal = () => supervisor.signal()
    process.on('SIGTERM', signal)
    process.on('SIGINT', signal)
    process.on('SIGHUP', signal)
    return toExitCode(await supervisor.run())
  },
}

interface ServePlan {
  readonly sidecarFlags: readonly string[]
  readonly host: string
  readonly dataDir: string
  readonly analyzerFlags: readonly string[]
  readonly sidecarPort: string | undefined
  readonly pagePort: string | undefined
  /** Of the receiver that the sidecar sends to, which it is told before the analyzer listens. */
  readonly otlpHttpPort: string
  readonly otlpGrpcPort: string | undefined
  readonly authorization: string | undefined
  readonly drainMs: number
}

const HOST_DEFAULT = '127.0.0.1'
const OTLP_HTTP_PORT_DEFAULT = '4318'
const PORT_FLAGS = ['port', 'page-port', 'otlp-http-port', 'otlp-grpc-port'] as const

/** Everything that can be wrong with flags and file is found before any process is started. */
async function readPlan(args: readonly string[]): Promise<ServePlan> {
  const { values } = parseFlags(args, {
    config: { type: 'string' },
    'data-dir': { type: 'string' },
    host: { type: 'string' },
    port: { type: 'string' },
    'page-port': { type: 'string' },
    'otlp-http-port': { type: 'string' },
    'otlp-grpc-port': { type: 'string' },
    'auth-token-file': { type: 'string' },
    'allowed-host': { type: 'string', multiple: true },
    'router-config': { type: 'string' },
  })
  for (const name of PORT_FLAGS) parsePort(name, values[name])
  const tokenFile = values['auth-token-file']
  const clientKey = readTokenFile(tokenFile)
  const file = findConfigFile(values.config)
  const { config } = readConfigFile(file, {
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(clientKey === undefined ? {} : { clientKey }),
  })
  const dataDir = findDataFolder(values['data-dir'])
  const shared = [
    ...flag('host', values.host),
    ...flag('auth-token-file', tokenFile),
    ...(values['allowed-host'] ?? []).flatMap((name) => flag('allowed-host', name)),
  ]
  const host = values.host ?? HOST_DEFAULT
  const otlpHttpPort = values['otlp-http-port'] ?? OTLP_HTTP_PORT_DEFAULT
  return {
    host,
    sidecarFlags: [...flag('config', file), ...shared],
    dataDir,
    analyzerFlags: [
      ...flag('config', file),
      ...flag('data-dir', dataDir),
      ...flag('router-config', values['router-config']),
      ...shared,
    ],
    sidecarPort: values.port,
    pagePort: values['page-port'],
    otlpHttpPort: Number(otlpHttpPort) === 0 ? String(await freePort(host)) : otlpHttpPort,
    otlpGrpcPort: values['otlp-grpc-port'],
    authorization: clientKey?.reveal(),
    drainMs: config.drainMs,
  }
}

function flag(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}`, value]
}

interface ChildContext {
  readonly name: ServiceName
  readonly ready: ReadonlyMap<ServiceName, string>
  readonly io: CommandIo
}

function toChild(plan: ServePlan, { name, ready, io }: ChildContext) {
  const line = ready.get(name)
  const common = { readyPrefix: `secondwind ${name} ready: `, stderr: io.stderr }
  if (name === 'analyzer') {
    // Started again, it must listen where senders and the browser know it.
    const ports = [
      ...flag('port', portAfter(line, 'page ') ?? plan.pagePort),
      ...flag('otlp-http-port', plan.otlpHttpPort),
      ...flag('otlp-grpc-port', portAfter(line, 'OTLP/gRPC ') ?? plan.otlpGrpcPort),
    ]
    const args = ['analyzer', ...plan.analyzerFlags, ...ports]
    return { ...common, args, environment: process.env }
  }
  const port = portAfter(line, 'ready: ') ?? plan.sidecarPort
  const args = ['sidecar', ...plan.sidecarFlags, ...flag('port', port)]
  return { ...common, args, environment: sidecarEnvironment(plan) }
}

/** Spans go to our own analyzer, unless the user sends them elsewhere. */
function sidecarEnvironment(plan: ServePlan): NodeJS.ProcessEnv {
  const elsewhere =
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']
  // What the sidecar spools stands beside what the analyzer stores.
  const environment = { ...process.env, SECONDWIND_DATA_DIR: plan.dataDir }
  if (elsewhere !== undefined) return environment
  const headers = process.env['OTEL_EXPORTER_OTLP_HEADERS']
  return {
    ...environment,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${reachable(plan.host)}:${plan.otlpHttpPort}`,
    ...(plan.authorization === undefined || headers !== undefined
      ? {}
      : {
          OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(`Bearer ${plan.authorization}`)}`,
        }),
  }
}

/** Listening everywhere is no address to connect to; one with colons needs brackets. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return HOST_DEFAULT
  return host.includes(':') ? `[${host}]` : host
}

/** The port of the address behind `label` in a ready line. */
function portAfter(line: string | undefined, label: string): string | undefined {
  const start = line?.indexOf(label) ?? -1
  if (line === undefined || start === -1) return undefined
  return /^https?:\/\/[^\s,]*:(\d+)/.exec(line.slice(start + label.length))?.[1]
}

function toExitCode(end: SupervisorEnd): number {
  switch (end.kind) {
    case 'stopped':
      return EXIT.ok
    case 'refused':
      // It has said why on stderr, with its hint.
      return end.exitCode
    case 'keeps-dying':
      throw new CommandError('PROCESS_KEEPS_DYING', {
        message: `the ${end.name} died ${end.deaths} times within a minute; gave up`,
        hint: `its last words are above; "secondwind ${end.name}" alone shows them without the rest`,
      })
    default:
      return end satisfies never
  }
}
