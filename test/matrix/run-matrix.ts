import { createTelemetry } from '../../collector/telemetry/create-telemetry.ts'
import { decodeDocument } from '../support/decode-document.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { loadTestConfig } from '../support/start-router.ts'
import { startFakeUpstream } from '../support/fake-upstream.ts'
import type { Script } from '../support/fake-upstream.ts'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { recordLog } from '../support/record-log.ts'
import type { Cell } from './cells.ts'
import { createReceipts } from './receipts.ts'
import { dispatch, runCell } from './run-cell.ts'
import type { CellRun } from './run-cell.ts'
import { readAs, readersOf, startReplayServer } from './sdk-reads.ts'
import type { SdkRead } from './sdk-reads.ts'

/** One cell's run with the spans that the sidecar exported of it. */
export interface RecordedCell extends CellRun {
  readonly spans: readonly Span[]
}

/** Cells that run at a time: enough to keep two cores busy while others wait for a socket. */
const CELLS_AT_A_TIME = 8

/** Runs every cell over real sockets; the spans are what came over the wire from the exporter. */
export async function runMatrix(cells: readonly Cell[]): Promise<readonly RecordedCell[]> {
  const receiver = await startOtlpReceiver()
  const scripts = new Map<string, Script>()
  const upstream = await startFakeUpstream(dispatch(scripts))
  const receipts = createReceipts()
  const { telemetry: telemetryConfig } = loadTestConfig({ routes: [ANY_ROUTE] })
  const telemetry = createTelemetry({
    config: {
      ...telemetryConfig,
      tracesUrl: `${receiver.url}/v1/traces`,
      queueSpansMax: 100_000,
    },
    secrets: [],
    version: '0.0.0',
    log: recordLog(),
  })
  const runs: CellRun[] = []
  try {
    const queue = [...cells.entries()]
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [index, cell] = next
        // oxlint-disable-next-line no-await-in-loop -- each worker runs one cell at a time
        runs[index] = await runCell({ upstream, scripts, receipts, telemetry }, cell, `c${index}`)
      }
    }
    await Promise.all(Array.from({ length: CELLS_AT_A_TIME }, work))
    await telemetry.stop(20_000)
  } finally {
    receipts.close()
    await upstream.stop()
    await receiver.stop()
  }
  const byTrace = groupByTrace(receiver.bodies)
  return runs.map((run) => ({
    ...run,
    spans: byTrace.get(String(run.answer.headers['x-secondwind-trace-id'])) ?? [],
  }))
}

const ANY_ROUTE = { name: 'any', model: 'openai/any', apiBase: 'http://127.0.0.1:1' }

function groupByTrace(bodies: readonly Buffer[]): ReadonlyMap<string, readonly Span[]> {
  const byTrace = new Map<string, Span[]>()
  for (const span of decodeDocument(Buffer.concat(bodies))) {
    byTrace.set(span.traceId, [...(byTrace.get(span.traceId) ?? []), span])
  }
  return byTrace
}

export interface ReadCell extends RecordedCell {
  readonly reads: readonly SdkRead[]
}

/** Has every answer read by the official clients of its protocol. */
export async function readMatrix(cells: readonly RecordedCell[]): Promise<readonly ReadCell[]> {
  const server = await startReplayServer(cells.map(({ answer }) => answer))
  try {
    const read: ReadCell[] = []
    const queue = [...cells.entries()]
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [index, cell] = next
        const url = `${server.url}/${index}`
        // oxlint-disable-next-line no-await-in-loop -- each worker reads one cell at a time
        const reads = await Promise.all(
          readersOf(cell.cell.client).map((reader) => readAs(reader, url)),
        )
        read[index] = { ...cell, reads }
      }
    }
    await Promise.all(Array.from({ length: CELLS_AT_A_TIME }, work))
    return read
  } finally {
    await server.stop()
  }
}
