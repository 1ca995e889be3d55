import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import { HostGate, isLoopback } from './api/access.ts'
import { createApiServer } from './api/api-server.ts'
import { httpUrl, listen, toListenError, urlOf } from './api/listen.ts'
import { LiveFeed } from './api/live-feed.ts'
import type { ApiAnswer } from './api/query.ts'
import { createAuthoriser, type Authoriser } from './authorise.ts'
import type { AnalyzerConfig } from './config/config.ts'
import { loadAnalyzerConfig } from './config/load-config.ts'
import { AnalyzerError } from './errors.ts'
import type { ExportBody, IngestAnswer } from './ingest/ingestor.ts'
import { createOtlpGrpcServer, type OtlpGrpcServer } from './ingest/otlp-grpc.ts'
import { createOtlpHttpServer } from './ingest/otlp-http.ts'
import { openDataFolder, type DataFolder } from './store/sqlite/data-folder.ts'
import { WorkerCalls } from './worker-calls.ts'
import type { IngestWorkerData, JudgeCall, JudgeEvent, JudgeWorkerData } from './worker-data.ts'

export interface AnalyzerOptions {
  readonly host: string
  /** Of the API and the page; 0 lets the system pick. */
  readonly port: number
  readonly otlpHttpPort: number
  readonly otlpGrpcPort: number
  readonly dataDir: string
  readonly authTokenFile?: string
  /** Beyond `localhost` and the loopback addresses, which are always allowed. */
  readonly allowedHosts: readonly string[]
  readonly configFile?: string
  readonly routerConfigFile?: string
  /** Before the configuration's. */
  readonly settleMs?: number
  /** One line each, without a line feed; never content, never a secret. */
  readonly log: (line: string) => void
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

type IngestCalls = WorkerCalls<ExportBody, IngestAnswer>
type JudgeCalls = WorkerCalls<JudgeCall, ApiAnswer, JudgeEvent>

/** For requests that are under way when the analyzer stops. */
const STOP_MS = 5000
const EXIT_INTERNAL = 70

/** Starts the analyzer; rejects with an `AnalyzerError` that says what to do. */
export async function startAnalyzer(options: AnalyzerOptions): Promise<Analyzer> {
  const config = loadAnalyzerConfig(options)
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
  const { closers, authoriser } = parts
  const { host, log, allowedHosts } = options
  const hosts = new HostGate(host, allowedHosts)
  const admitsHost = (name: string | undefined): boolean => hosts.admits(name)
  const live = new LiveFeed()
  const ingest = startIngest(options, parts)
  closers.push(() => ingest.stop())
  await ingest.ready()
  let judging = true
  const onEvent = (event: JudgeEvent): void => {
    if (event === 'changed') live.announce()
    else judging = event === 'resumed'
  }
  const judge = startJudge(options, { ...parts, onEvent })
  closers.push(() => judge.stop())
  await judge.ready()
  const receiver = {
    ingest: (request: ExportBody) => ingest.call(request, toTransfer(request.body)),
    admitsHost,
    authorise: authoriser.ingest,
    log,
  }
  const otlp = createOtlpHttpServer(receiver)
  await listen(otlp, { host, port: options.otlpHttpPort, flag: '--otlp-http-port' })
  closers.push(() => closeServer(otlp))
  const otlpHttpUrl = urlOf(otlp, host)
  const otlpGrpcUrl = await startGrpc(createOtlpGrpcServer(receiver), options, closers)
  const api = await createApiServer({
    ask: (query) => judge.call({ query, otlpHttpUrl }),
    isReady: () => closers.length > 0 && judging,
    live,
    admitsHost,
    authorise: authoriser.read,
    dashboardDir: fileURLToPath(builtUrl('dashboard')),
    log,
  })
  closers.push(async () => {
    live.close()
    await api.close()
  })
  try {
    await api.listen({ host, port: options.port })
  } catch (error: unknown) {
    throw toListenError(error, { host, port: options.port, flag: '--port' })
  }
  return { pageUrl: urlOf(api.server, host), otlpHttpUrl, otlpGrpcUrl, stop: parts.stop }
}

async function startGrpc(
  server: OtlpGrpcServer,
  { host, otlpGrpcPort }: AnalyzerOptions,
  closers: Parts['closers'],
): Promise<string> {
  try {
    const port = await server.listen(host, otlpGrpcPort)
    closers.push(() => server.stop(STOP_MS))
    return httpUrl(host, port)
  } catch (error: unknown) {
    throw toListenError(error, { host, port: otlpGrpcPort, flag: '--otlp-grpc-port' })
  }
}

/** A bind that others can reach must not be open to them. */
function refuseOpenBind({ host, authTokenFile }: AnalyzerOptions): void {
  if (isLoopback(host) || authTokenFile !== undefined) return
  throw new AnalyzerError('ANALYZER_TOKEN_REQUIRED', {
    message: `listening on ${host} would let anyone on the network read traces and send them`,
    hint: 'Add --auth-token-file FILE, or stay on --host 127.0.0.1.',
  })
}

function startIngest(options: AnalyzerOptions, { config, folder }: Parts): IngestCalls {
  const { spanAgeMsMax, spanBytesMax } = config.retention
  const data: IngestWorkerData = {
    spansFile: folder.spansFile,
    salt: folder.salt,
    // A source that has a token is told by it, and by nothing that a sender can write.
    sources: config.sources.flatMap(({ name, match, tokenFile }) =>
      tokenFile === undefined ? [{ name, match }] : [],
    ),
    limits: { ageMsMax: spanAgeMsMax, bytesMax: spanBytesMax },
  }
  return new WorkerCalls(new Worker(builtUrl('analyzer/ingest-worker.js'), { workerData: data }), {
    log: options.log,
    onDeath: (reason) => fail(options, `the ingest thread died: ${reason}`),
  })
}

function startJudge(
  options: AnalyzerOptions,
  { config, folder, onEvent }: Parts & { readonly onEvent: (event: JudgeEvent) => void },
): JudgeCalls {
  const { spanAgeMsMax, incidentAgeMsMax } = config.retention
  const data: JudgeWorkerData = {
    spansFile: folder.spansFile,
    verdictsFile: folder.verdictsFile,
    settleMs: options.settleMs ?? config.settleMs,
    routerConfigs: new Map(
      config.sources.flatMap(({ name, routerConfig }) =>
        routerConfig === undefined ? [] : [[name, routerConfig]],
      ),
    ),
    limits: { requestAgeMsMax: spanAgeMsMax, incidentAgeMsMax },
  }
  return new WorkerCalls(new Worker(builtUrl('analyzer/judge-worker.js'), { workerData: data }), {
    log: options.log,
    onEvent,
    onDeath: (reason) => fail(options, `the judging thread died: ${reason}`),
  })
}

/** An analyzer without one of its threads would acknowledge or show nothing, and look alive. */
function fail({ log, onFatal }: AnalyzerOptions, reason: string): void {
  log(reason)
  if (onFatal === undefined) process.exit(EXIT_INTERNAL)
  onFatal(reason)
}

/** Of what is built: workers load compiled files only, whether or not this one is. */
function builtUrl(path: string): URL {
  const toDist = import.meta.url.endsWith('.ts') ? '../dist/' : '../'
  return new URL(`${toDist}${path}`, import.meta.url)
}

function toTransfer({ buffer }: Uint8Array): readonly ArrayBuffer[] {
  return buffer instanceof ArrayBuffer ? [buffer] : []
}

/** Takes no new connection and lets running requests end, for a while. */
async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), STOP_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
