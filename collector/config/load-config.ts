import { isIP } from 'node:net'
import type { ListenConfig, SidecarConfig } from './config.ts'
import { ConfigReader, type Environment, isRecord } from './config-reader.ts'
import { deepFreeze } from './deep-freeze.ts'
import { findSetting, ignoreOtherSettings } from './litellm-settings.ts'
import type { ConfigProblem } from './problem.ts'
import { readDeployments } from './read-deployments.ts'
import { readCredentials } from './read-credentials.ts'
import { readBreaker, readRetry } from './read-retry.ts'
import { readRoutes } from './read-routes.ts'
import { readSection } from './read-section.ts'
import { readSource } from './read-source.ts'
import { readTelemetry } from './read-telemetry.ts'
import { readSeconds, readTimers } from './read-timers.ts'
import type { ReadFile } from './read-vertex.ts'
import { Secret } from './secret.ts'
import { type SecondwindSection, secondwindSchema } from './secondwind-schema.ts'
import { suggest } from './suggest.ts'

export interface LoadOptions {
  readonly environment: Environment
  /** What the command line says; it wins over the file. */
  readonly overrides?: ConfigOverrides
  /** For `include` and files of credentials; without it none can be read. */
  readonly readFile?: ReadFile
  /** The file's own folder, which `include` starts from. */
  readonly folder?: string
}

export interface ConfigOverrides {
  readonly host?: string
  readonly port?: number
  readonly clientKey?: Secret
  readonly allowedHosts?: readonly string[]
}

export type LoadedConfig =
  | {
      readonly kind: 'loaded'
      readonly config: SidecarConfig
      readonly warnings: readonly ConfigProblem[]
    }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] }

/** Sections that are read by someone, here or in LiteLLM; others are LiteLLM's too, and ignored. */
const OUR_SECTIONS = ['secondwind', 'analyzer'] as const
const READ_SECTIONS: ReadonlySet<string> = new Set([
  ...OUR_SECTIONS,
  'model_list',
  'router_settings',
  'litellm_settings',
  'general_settings',
  'environment_variables',
  'credential_list',
  'include',
])

/** Reads LiteLLM's `config.yaml` with our sections in it; reports every problem at once. */
export function loadConfig(text: string, options: LoadOptions): LoadedConfig {
  const readFile = options.readFile ?? (() => undefined)
  const read = readSource(text, { readFile, folder: options.folder ?? '' })
  if (read.kind === 'invalid') return read
  const { source } = read
  const environment = { ...fileEnvironment(source.value), ...options.environment }
  const reader = new ConfigReader(source, environment)
  reader.warnings.push(...read.warnings)
  if (!isRecord(source.value)) {
    reader.fail({
      code: 'CONFIG_WRONG_TYPE',
      path: [],
      message: 'expected a map with model_list in it',
      hint: 'see examples/ for a whole file',
    })
    return { kind: 'invalid', problems: reader.problems }
  }
  const config = readConfig(reader, { ...options, environment, readFile })
  if (reader.problems.length > 0 || config === undefined) {
    return { kind: 'invalid', problems: reader.problems.toSorted(byPosition) }
  }
  const warnings = reader.warnings.toSorted(byPosition)
  return { kind: 'loaded', config: deepFreeze(config), warnings }
}

/** `secondwind.timers`, and what the deployment's own route says instead. */
function timersOf(section: SecondwindSection, route: string): SecondwindSection['timers'] {
  if (!Object.hasOwn(section.routes, route)) return section.timers
  return { ...section.timers, ...section.routes[route]?.timers }
}

type ReadOptions = LoadOptions & { readonly readFile: ReadFile }

function readConfig(reader: ConfigReader, options: ReadOptions): SidecarConfig | undefined {
  checkTopLevel(reader)
  ignoreOtherSettings(reader)
  const section = readSection(reader, 'secondwind', secondwindSchema)
  // Where our own section is wrong, the rest is read all the same, to report all of it at once.
  const readable = section ?? secondwindSchema.parse({})
  const shared = readSharedTimeouts(reader)
  const credentials = readCredentials(reader)
  const deployments = readDeployments({
    reader,
    timers: (params, route) => readTimers(params, { section: timersOf(readable, route), shared }),
    credential: (name) => credentials.get(name),
    readFile: options.readFile,
  })
  const { routes, listedModels } = readRoutes(reader, deployments, readable)
  const listen = readListen(readable, options.overrides)
  const clientKey = readClientKey(reader, options.overrides)
  if (clientKey === undefined && !isLoopback(listen.host)) {
    reportUnsafeBind(reader, listen.host, options.overrides?.host !== undefined)
  }
  const config: SidecarConfig = {
    listen,
    ...(clientKey === undefined ? {} : { clientKey }),
    routes,
    listedModels,
    retry: readRetry(reader, readable.retry),
    breaker: readBreaker(reader, readable.breaker),
    limits: toLimits(readable.limits),
    headerHoldMs: readable.header_hold_ms,
    keepAliveMs: readable.keep_alive_ms,
    propagateTraceContext: readable.propagate_trace_context,
    drainMs: readable.drain_ms,
    telemetry: readTelemetry({
      environment: options.environment,
      section: readable.telemetry,
      problems: reader.problems,
      warnings: reader.warnings,
    }),
    ignoredKeys: reader.ignoredKeys(),
  }
  return section === undefined ? undefined : config
}

/**
 * LiteLLM puts `environment_variables` into its environment; ours keeps the word of the real one.
 */
function fileEnvironment(value: unknown): Environment {
  const variables = isRecord(value) ? value['environment_variables'] : undefined
  if (!isRecord(variables)) return {}
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, entry]) =>
      typeof entry === 'string' && !entry.startsWith('os.environ/') ? [[name, entry]] : [],
    ),
  )
}

function checkTopLevel(reader: ConfigReader): void {
  for (const key of reader.keys([])) {
    if (READ_SECTIONS.has(key)) continue
    const meant = suggest(key, OUR_SECTIONS)
    if (meant === undefined) {
      reader.ignore([key])
      continue
    }
    reader.fail({
      code: 'CONFIG_UNKNOWN_KEY',
      path: [key],
      message: 'there is no such section',
      hint: `did you mean "${meant}"?`,
    })
  }
}

function readSharedTimeouts(reader: ConfigReader) {
  const timeoutPath = findSetting(reader, 'timeout') ?? findSetting(reader, 'request_timeout')
  return {
    timeoutMs: readSeconds(reader, timeoutPath),
    streamTimeoutMs: readSeconds(reader, findSetting(reader, 'stream_timeout')),
  }
}

function readListen(section: SecondwindSection, overrides: ConfigOverrides = {}): ListenConfig {
  const { host, port, allowed_hosts } = section.listen
  return {
    host: overrides.host ?? host,
    port: overrides.port ?? port,
    allowedHosts: [...new Set([...allowed_hosts, ...(overrides.allowedHosts ?? [])])],
  }
}

function readClientKey(reader: ConfigReader, overrides: ConfigOverrides = {}): Secret | undefined {
  const path = ['general_settings', 'master_key']
  const given = reader.secret(path)
  if (overrides.clientKey !== undefined) return overrides.clientKey
  if (reader.get(path) !== undefined) return given
  // LiteLLM takes the key from here where the file has none.
  const usual = reader.environment('LITELLM_MASTER_KEY')
  return usual === undefined ? undefined : new Secret(usual)
}

/** Whoever reaches the port may spend the providers' keys: beyond loopback only with a key. */
function reportUnsafeBind(reader: ConfigReader, host: string, byFlag: boolean): void {
  reader.fail({
    code: 'CONFIG_UNSAFE_BIND',
    path: byFlag ? [] : ['secondwind', 'listen', 'host'],
    message: `refusing to listen on ${host} without a key: anyone could spend your providers’ keys`,
    hint: 'set general_settings.master_key, or pass --auth-token-file FILE, or listen on 127.0.0.1',
  })
}

/** Whether only this machine can connect to `host`. */
function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (isIP(bare) === 4) return bare.startsWith('127.')
  return bare === '::1' || bare === 'localhost'
}

function toLimits(limits: SecondwindSection['limits']): SidecarConfig['limits'] {
  return {
    connectionsMax: limits.connections_max,
    requestBodyBytesMax: limits.request_body_bytes_max,
    sseLineBytesMax: limits.sse_line_bytes_max,
    sseEventBytesMax: limits.sse_event_bytes_max,
    streamBufferBytesMax: limits.stream_buffer_bytes_max,
    answerBytesMax: limits.answer_bytes_max,
  }
}

function byPosition(a: ConfigProblem, b: ConfigProblem): number {
  const [one, other] = [a.position, b.position]
  const byFile = (one?.file ?? '').localeCompare(other?.file ?? '')
  const byLine = (one?.line ?? 0) - (other?.line ?? 0)
  return byFile || byLine || (one?.column ?? 0) - (other?.column ?? 0)
}
