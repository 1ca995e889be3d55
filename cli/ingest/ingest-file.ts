import type { Batch } from '../span-files/batch.ts'
import type { Input } from '../span-files/open-input.ts'
import { Problems } from '../span-files/problems.ts'
import { openSpanFile, type FilePart } from '../span-files/read-span-file.ts'
import type { SendBatch, Sent } from './sent.ts'

/** What became of one file; grows while it is read. */
export interface FileReport {
  readonly path: string
  format: string | undefined
  accepted: number
  rejected: number
  readonly reasons: Map<string, number>
  readonly problems: Problems
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

/** Reads a file to its end, however it looks, and sends what is good in it. */
export async function ingestFile(options: IngestFileOptions): Promise<FileReport> {
  const report: FileReport = {
    path: options.path,
    format: undefined,
    accepted: 0,
    rejected: 0,
    reasons: new Map(),
    problems: new Problems(),
  }
  const opened = await openSpanFile(options.path, options.stdin)
  if (opened.kind === 'unreadable') {
    report.problems.add(opened.message)
    return report
  }
  const { format, input, parts } = opened
  report.format = format
  await sendAll(batchesOf(parts, report), { ...options, input, report })
  return report
}

async function* batchesOf(
  parts: AsyncIterable<FilePart>,
  { problems }: FileReport,
): AsyncGenerator<Batch> {
  for await (const part of parts) {
    if (part.kind === 'batch') yield part.batch
    else problems.add(part.message)
  }
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
