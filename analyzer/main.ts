import { fileURLToPath } from 'node:url'

import { HostGate, isLoopback } from './api/host-gate.ts'
import { createApiServer } from './api/api-server.ts'
import type { IntakeFacts } from './api/intake-facts.ts'
import { LiveFeed } from './api/live-feed.ts'
import type { ApiAnswer, ApiQuery } from './api/query.ts'
import { createAuthoriser, type Authoriser } from './authorise.ts'
import { builtUrl } from './built-url.ts'
import type { AnalyzerConfig } from './config/config.ts'
import { loadAnalyzerConfig } from './config/load-config.ts'
import { AnalyzerError } from './errors.ts'
import { Intake } from './intake.ts'
import { startApi, startOtlpGrpc, startOtlpHttp } from './listeners.ts'
import { createMetrics } from './metrics/metrics.ts'
import { scrape } from './metrics/scrape.ts'
import { openDataFolder, type DataFolder } from './store/sqlite/data-folder.ts'
import { AnalyzerThreads } from './threads/analyzer-threads.ts'
import type { WriteLog } from './log.ts'

export interface AnalyzerOptions {
  readonly host: string
  /** Of the API and the page; 0 lets the system pick. */
  readonly port: number
  readonly otlpHttpPort: number
  readonly otlpGrpcPort: number
  readonly dataDir: string
  /** Of the release, for `/metrics`. */
  readonly version?: string
  readonly authTokenFile?: string
  /** Beyond `localhost` and the loopback addresses, which are always allowed. */
  readonly allowedHosts: readonly string[]
  readonly configFile?: string
  readonly routerConfigFile?: string
  /** Before the configuration's. */
  readonly settleMs?: number
  readonly log: WriteLog
  /**
   * A thread died: default is to end the process, so that whoever supervises it starts it again.
   */
  readonly onFatal?: (reason: string) => void
}

export interface Analyzer {
  /** With the real ports, where port 0 was asked for. */
  readonly pageUrl: string
  readonly otlpHttpUrl: string
  readonly otlpGrpcUrl: string
  /** Refuses new spans, commits what was taken, and closes the data folder. */
  stop(): Promise<void>
}

const EXIT_INTERNAL = 70

/** Starts the analyzer; rejects with an `AnalyzerError` that says what to do. */
export async function startAnalyzer(options: AnalyzerOptions): Promise<Analyzer> {
  const loaded = loadAnalyzerConfig(options)
  const config = { ...loaded, settleMs: options.settleMs ?? loaded.settleMs }
  refuseOpenBind(options)
  const { sources } = config
  const authoriser = createAuthoriser({
    authTokenFile: options.authTokenFile,
    sources,
    now: Date.now,
  })
  const closers: (() => Promise<void> | void)[] = []
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close()
  }
  try {
    const folder = openDataFolder(options.dataDir)
    closers.push(() => folder.release())
    return await start(options, { config, authoriser, folder, closers, stop })
  } catch (error: unknown) {
    await stop()
    throw error
  }
}

interface Parts {
  readonly config: AnalyzerConfig
  readonly authoriser: Authoriser
  readonly folder: DataFolder
  /** Run in reverse: what was opened last is closed first. */
  readonly closers: (() => Promise<void> | void)[]
  readonly stop: () => Promise<void>
}

async function start(options: AnalyzerOptions, parts: Parts): Promise<Analyzer> {
  const { closers, authoriser, config, folder } = parts
  const { host, log, allowedHosts } = options
  const hosts = new HostGate(host, allowedHosts)
  const admitsHost = (name: string | undefined): boolean => hosts.admits(name)
  const onDeath = (reason: string): void => fail(options, reason)
  const intake = new Intake({ config, dataDir: folder.path, now: Date.now })
  const live = new LiveFeed()
  const threads = new AnalyzerThreads({
    config,
    folder,
    log,
    onDeath,
    intake,
    onChanged: () => live.announce(),
  })
  closers.push(() => threads.stop())
  const receiver = {
    ingest: threads.ingest,
    queue: intake.queue,
    admitsHost,
    authorise: authoriser.ingest,
    onRefused: intake.onRefused,
    log,
  }
  const otlpHttp = await startOtlpHttp(receiver, { host, port: options.otlpHttpPort })
  closers.push(() => otlpHttp.stop())
  const otlpGrpc = await startOtlpGrpc(receiver, { host, port: options.otlpGrpcPort })
  closers.push(() => otlpGrpc.stop())
  const facts = (): IntakeFacts =>
    intake.facts({
      otlpHttpUrl: otlpHttp.url,
      connections: { http: otlpHttp.connections(), grpc: otlpGrpc.connections() },
    })
  const ask = (query: ApiQuery): Promise<ApiAnswer> => threads.ask(query, facts())
  const render = createMetrics({ version: options.version ?? 'unknown', startedAtMs: Date.now() })
  const api = await createApiServer({
    ask,
    metrics: () => scrape({ render, ask, intake: facts, now: Date.now }),
    readiness: () => threads.readiness(),
    live,
    admitsHost,
    authorise: authoriser.read,
    dashboardDir: fileURLToPath(builtUrl('dashboard')),
    log,
  })
  const page = await startApi(api, { host, port: options.port })
  closers.push(async () => {
    live.close()
    await page.stop()
  })
  closers.push(() => threads.announceStop())
  await threads.start()
  const { stop } = parts
  return { pageUrl: page.url, otlpHttpUrl: otlpHttp.url, otlpGrpcUrl: otlpGrpc.url, stop }
}

/** A bind that others can reach must not be open to them. */
function refuseOpenBind({ host, authTokenFile }: AnalyzerOptions): void {
  if (isLoopback(host) || authTokenFile !== undefined) return
  throw new AnalyzerError('ANALYZER_TOKEN_REQUIRED', {
    message: `listening on ${host} would let anyone on the network read traces and send them`,
    hint: 'Add --auth-token-file FILE, or stay on --host 127.0.0.1.',
  })
}

/** Whoever supervises the process starts it again. */
function fail({ log, onFatal }: AnalyzerOptions, reason: string): void {
  log(reason, 'error')
  if (onFatal === undefined) process.exit(EXIT_INTERNAL)
  onFatal(reason)
}
