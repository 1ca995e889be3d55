import { Batcher, type Batch } from './batch.ts'
import { chooseReader } from './choose-reader.ts'
import { InputError, openInput, type Input } from './open-input.ts'
import type { SendBatch, Sent } from './sent.ts'
import { describePlace, type Found, type SpanFileReader } from './span-file-reader.ts'

/** What became of one file; grows while it is read. */
export interface FileReport {
  readonly path: string
  format: string | undefined
  accepted: number
  rejected: number
  readonly reasons: Map<string, number>
  /** Parts that could not be read, with their place: the first of them. */
  readonly problems: string[]
  problemCount: number
}

export interface IngestFileOptions {
  readonly path: string
  readonly stdin: NodeJS.ReadableStream
  readonly send: SendBatch
  /** Told now and then, with what is known so far. */
  readonly onProgress: (report: FileReport, input: Input) => void
}

/** Requests that are under way at once: enough to keep the analyzer busy while one is committed. */
const REQUESTS_MAX = 4
/** More are counted only. */
const PROBLEMS_SHOWN_MAX = 20

/** Reads a file to its end, however it looks, and sends what is good in it. */
export async function ingestFile(options: IngestFileOptions): Promise<FileReport> {
  const report: FileReport = {
    path: options.path,
    format: undefined,
    accepted: 0,
    rejected: 0,
    reasons: new Map(),
    problems: [],
    problemCount: 0,
  }
  try {
    const input = await openInput(options.path, options.stdin)
    const chosen = chooseReader(input.start)
    if (chosen.kind === 'unknown') addProblem(report, chosen.message)
    else {
      report.format = chosen.reader.format
      await sendAll(batchesOf(input, chosen.reader, report), { ...options, input, report })
    }
  } catch (error: unknown) {
    if (!(error instanceof InputError)) throw error
    addProblem(report, error.message)
  }
  return report
}

async function* batchesOf(
  input: Input,
  reader: SpanFileReader,
  report: FileReport,
): AsyncGenerator<Batch> {
  const batcher = new Batcher(reader.encoding)
  try {
    for await (const chunk of input.chunks) yield* toBatches(reader.push(chunk), batcher, report)
  } catch (error: unknown) {
    if (!(error instanceof InputError)) throw error
    // The end of what can be read; what was read is sent.
    yield* batcher.finish()
    throw error
  }
  yield* toBatches(reader.end(), batcher, report)
  yield* batcher.finish()
}

function* toBatches(
  found: Iterable<Found>,
  batcher: Batcher,
  report: FileReport,
): Generator<Batch> {
  for (const one of found) {
    if (one.kind === 'piece') yield* batcher.add(one.piece)
    else addProblem(report, `${describePlace(one.at)}: ${one.message}`)
  }
}

function addProblem(report: FileReport, message: string): void {
  report.problemCount += 1
  if (report.problems.length < PROBLEMS_SHOWN_MAX) report.problems.push(message)
}

/** Several batches at once; the first failure that nothing helps against ends it. */
async function sendAll(
  batches: AsyncGenerator<Batch>,
  options: IngestFileOptions & { readonly input: Input; readonly report: FileReport },
): Promise<void> {
  const { send, report, input, onProgress } = options
  let failed = false
  const work = async (): Promise<void> => {
    try {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop
        const next = await batches.next()
        if (next.done === true || failed) return
        // oxlint-disable-next-line no-await-in-loop
        take(report, await send(next.value))
        onProgress(report, input)
      }
    } catch (error: unknown) {
      failed = true
      throw error
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: REQUESTS_MAX }, work))
  await batches.return(undefined)
  const failure = ended.find((result) => result.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}

function take(report: FileReport, { accepted, rejected }: Sent): void {
  report.accepted += accepted
  for (const [reason, count] of rejected) {
    report.rejected += count
    report.reasons.set(reason, (report.reasons.get(reason) ?? 0) + count)
  }
}
