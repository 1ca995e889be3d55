import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { demoConfig } from '../../demo/config.ts'
import { startProvider } from '../../demo/provider/start-provider.ts'
import { ROUTER_CONFIG_FILE } from '../../demo/replay.ts'
import { CommandError } from '../command-error.ts'
import { findPort } from './find-port.ts'
import { isPortTaken, startService, type Service } from './start-service.ts'

/** What runs in a demo: the provider here, analyzer and sidecar as processes of their own. */
export interface Stack {
  readonly sidecarUrl: string
  readonly pageUrl: string
  readonly otlpHttpUrl: string
  /** Rejects when one of the two processes dies on its own; never settles otherwise. */
  readonly died: Promise<never>
  /** Sidecar, analyzer, provider, then the temporary folder. */
  stop(): Promise<void>
}

export interface StackOptions {
  /** A port that was taken, and what is used instead. */
  readonly onPortTaken: (what: string, port: number) => void
}

/** The ports of a real installation, so that what the demo prints is what users will see later. */
const SIDECAR_PORT = 4100
const PAGE_PORT = 4319
const OTLP_HTTP_PORT = 4318
const OTLP_GRPC_PORT = 4317

export async function startStack({ onPortTaken }: StackOptions): Promise<Stack> {
  // Undone in the opposite order, whether all of it was started or only a part.
  const undo: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const one of undo.splice(0).toReversed()) await one()
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'secondwind-demo-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    const provider = await startProvider()
    undo.push(() => provider.stop())
    const analyzer = await startAnalyzer(folder, onPortTaken)
    undo.push(() => analyzer.stop())
    const otlpHttpUrl = urlAfter(analyzer, 'OTLP/HTTP ')
    const sidecar = await startSidecar({
      folder,
      otlpHttpUrl,
      providerUrl: provider.url,
      onPortTaken,
    })
    undo.push(() => sidecar.stop())
    return {
      sidecarUrl: urlAfter(sidecar, 'ready: '),
      pageUrl: urlAfter(analyzer, 'page '),
      otlpHttpUrl,
      died: Promise.race([analyzer.died, sidecar.died]),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startAnalyzer(
  folder: string,
  onPortTaken: StackOptions['onPortTaken'],
): Promise<Service> {
  const config = join(folder, 'analyzer.yaml')
  await writeFile(config, ANALYZER_CONFIG)
  const start = (ports: AnalyzerPorts): Promise<Service> =>
    startService({
      name: 'analyzer',
      args: [
        `--config=${config}`,
        `--data-dir=${join(folder, 'data')}`,
        `--port=${ports.page}`,
        `--otlp-http-port=${ports.http}`,
        `--otlp-grpc-port=${ports.grpc}`,
      ],
      environment: {},
    })
  const page = await findPort(PAGE_PORT, (port) => onPortTaken('the page', port))
  const http = await findPort(OTLP_HTTP_PORT, (port) => onPortTaken('OTLP/HTTP', port))
  const grpc = await findPort(OTLP_GRPC_PORT, (port) => onPortTaken('OTLP/gRPC', port))
  return orOnFreePorts(
    () => start({ page, http, grpc }),
    () => start({ page: 0, http: 0, grpc: 0 }),
  )
}

interface AnalyzerPorts {
  readonly page: number
  readonly http: number
  readonly grpc: number
}

async function startSidecar(options: {
  readonly folder: string
  readonly providerUrl: string
  readonly otlpHttpUrl: string
  readonly onPortTaken: StackOptions['onPortTaken']
}): Promise<Service> {
  const { folder, providerUrl, otlpHttpUrl, onPortTaken } = options
  const config = join(folder, 'sidecar.yaml')
  const start = async (sidecarPort: number): Promise<Service> => {
    await writeFile(config, demoConfig({ providerUrl, sidecarPort }))
    return startService({
      name: 'sidecar',
      args: [`--config=${config}`],
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: otlpHttpUrl,
        SECONDWIND_DATA_DIR: join(folder, 'data'),
      },
    })
  }
  const port = await findPort(SIDECAR_PORT, (taken) => onPortTaken('the sidecar', taken))
  return orOnFreePorts(
    () => start(port),
    () => start(0),
  )
}

/** A port that was free a moment ago may be another demo's by now. */
async function orOnFreePorts(
  start: () => Promise<Service>,
  startOnFreePorts: () => Promise<Service>,
): Promise<Service> {
  try {
    return await start()
  } catch (error) {
    if (!isPortTaken(error)) throw error
    return startOnFreePorts()
  }
}

/** Two routers send here: our sidecar, and the LiteLLM of the recordings. */
const ANALYZER_CONFIG = stringify({
  analyzer: {
    // A recording is sent whole, at once: nothing of it is still on its way after three seconds.
    settle_ms: 3000,
    sources: [
      { name: 'sidecar', match: { 'service.name': 'secondwind' } },
      { name: 'litellm', match: { 'service.name': 'litellm' }, router_config: ROUTER_CONFIG_FILE },
    ],
  },
})

function urlAfter(service: Service, label: string): string {
  const start = service.readyLine.indexOf(label) + label.length
  const [url] = /^https?:\/\/[^\s,/]+/.exec(service.readyLine.slice(start)) ?? []
  if (url !== undefined) return url
  throw new CommandError('INTERNAL', {
    message: `the ready line of the ${service.name} has no address: ${service.readyLine}`,
  })
}
