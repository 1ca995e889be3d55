import type { AnalyzerProcess } from './analyzer-process.ts'
import type { Breaches } from './stored.ts'
import { attach, type SystemCall } from './strace.ts'
import { drawBatches, type SentSpan, toBatch } from './traffic.ts'

const SYNCS: ReadonlySet<string> = new Set(['fsync', 'fdatasync'])
const WRITES: ReadonlySet<string> = new Set(['pwrite64', 'write', 'writev'])
const CALLS = [...SYNCS, ...WRITES].join()

export interface AckOrder {
  readonly syncs: number
  readonly acks: number
  readonly breaches: Breaches
}

/**
 * What `kill -9` cannot show, because the kernel keeps what a dead process wrote: that each answer
 * left after its span's bytes were written and that file was synced. One span at a time, so that
 * each is a commit of its own.
 */
export async function traceAcks(analyzer: AnalyzerProcess, count: number): Promise<AckOrder> {
  const spans = drawBatches(7, { batches: 4 * count, fromMs: Date.now() })
    .flatMap((batch) => batch.spans)
    .filter(({ protobuf }) => protobuf !== undefined)
    .slice(0, count)
  // What a first commit needs once (sources, contexts) is not what is looked at.
  await analyzer.send(toBatch(spans.splice(0, 1), 'protobuf'))
  // Long strings: a page of the log stands in one call, and the mark stands somewhere in it.
  const trace = await attach(analyzer.pid, ['-y', '-s', '65536', '-e', `trace=${CALLS}`])
  for (const span of spans) {
    // oxlint-disable-next-line no-await-in-loop -- one commit each
    const { status } = await analyzer.send(toBatch([span], 'protobuf'))
    if (status !== 200) throw new Error(`a span was answered with ${status}`)
  }
  return checkAcks(await trace.end(), spans)
}

function checkAcks(calls: readonly SystemCall[], spans: readonly SentSpan[]): AckOrder {
  const syncs = calls.filter(({ name }) => SYNCS.has(name))
  const acks = calls.filter(({ name, text }) => WRITES.has(name) && text.includes('HTTP/1.1 200'))
  const breaches = spans.flatMap((span, index) => {
    const ack = acks[index]
    const what = `span ${index}`
    if (ack === undefined) return [`${what} was not answered`]
    const mark = span.told.split('|').at(-1) ?? ''
    const written = calls.find(({ name, text }) => name === 'pwrite64' && text.includes(mark))
    if (written === undefined) return [`${what} was never written`]
    const file = fileOf(written)
    const synced = syncs.some(
      (sync) =>
        fileOf(sync) === file &&
        sync.beganAt > written.beganAt &&
        sync.returnedAt < ack.beganAt &&
        sync.text.endsWith(' = 0'),
    )
    return synced ? [] : [`${what} was answered before its commit was on disk`]
  })
  return { syncs: syncs.length, acks: acks.length, breaches }
}

/** `strace -y` writes it behind the number of the descriptor. */
function fileOf({ text }: SystemCall): string {
  return /<([^>]+)>/u.exec(text)?.[1] ?? ''
}
