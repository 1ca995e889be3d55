import { rmSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Origin, SpanGroup } from '../../../collector/telemetry/encode-export.ts'
import { type ExportCounts, ExportQueue } from '../../../collector/telemetry/export-queue.ts'
import { Reachability } from '../../../collector/telemetry/reachability.ts'
import { DiskSpool } from '../../../collector/telemetry/spool/disk-spool.ts'
import type { SendOutcome, TraceSender } from '../../../collector/telemetry/trace-sender.ts'
import { recordLog } from '../../support/record-log.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitUntil } from '../../support/wait-until.ts'

const ORIGIN: Origin = { resource: Buffer.from('resource'), scope: Buffer.from('scope') }
const SENT: SendOutcome = { kind: 'sent', refusedSpans: 0 }
const LATER: SendOutcome = { kind: 'later', detail: 'away' }
const REFUSED: SendOutcome = { kind: 'refused', detail: 'HTTP 400' }

/** A receiver that answers as it is told, and keeps the names of what it took. */
class Receiver implements TraceSender {
  answer: (names: readonly string[]) => SendOutcome | 'nothing' = () => SENT
  readonly taken: string[] = []
  batches = 0
  #abort: (() => void) | undefined

  async send(groups: readonly SpanGroup[]): Promise<SendOutcome> {
    this.batches += 1
    const names = groups.map(nameOf)
    const outcome = this.answer(names)
    if (outcome === 'nothing') {
      return new Promise((resolve) => {
        this.#abort = () => resolve(LATER)
      })
    }
    await Promise.resolve()
    if (outcome.kind === 'sent') this.taken.push(...names)
    return outcome
  }

  abort(): void {
    this.#abort?.()
  }
}

let number = 0
function group(name: string, important = false): SpanGroup {
  number += 1
  return { bytes: Buffer.from(`${name.padEnd(600)}${number}`), spans: 3, important, origin: ORIGIN }
}

function nameOf({ bytes }: SpanGroup): string {
  return Buffer.from(bytes.subarray(0, 600)).toString().trim()
}

interface Setup {
  readonly spansMax?: number
  readonly spool?: { readonly dir: string; readonly bytesMax?: number }
}

function start({ spansMax = 1000, spool }: Setup = {}) {
  const log = recordLog()
  const sender = new Receiver()
  const disk = spool && new DiskSpool({ bytesMax: 1024 ** 2, ...spool, origin: ORIGIN, log })
  const queue = new ExportQueue({
    sender,
    ...(disk && { spool: disk }),
    spansMax,
    batchSpansMax: 30,
    batchDelayMs: 1,
    log,
    reachability: new Reachability({ log, destination: 'test', waitIn: 'test' }),
  })
  onTestFinished(() => queue.close(0))
  return { queue, sender, lines: log.lines, spool: disk }
}

const balance = (queue: ExportQueue) => balanceOf(queue.counts())

function balanceOf(counts: ExportCounts): number {
  const { ended, recovered, sent, waiting, spooled, dropped } = counts
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0)
  return ended + recovered - sent - waiting - spooled - lost
}

const sent = (queue: ExportQueue, spans: number) =>
  waitUntil(() => queue.counts().sent === spans, `${spans} spans sent`)

describe('an export queue', () => {
  test('keeps what a receiver that is away cannot take on disk, failures first', async () => {
    const dir = temporaryFolder()
    const { queue, sender } = start({ spool: { dir } })
    sender.answer = () => LATER
    queue.offer(group('a'))
    await queue.flush(1000)
    queue.offer(group('b'))
    queue.offer(group('F', true))
    await waitUntil(() => queue.counts().spooled === 9, 'all of it on disk')
    expect(queue.counts().waiting).toBe(0)
    sender.answer = () => SENT
    await sent(queue, 9)
    expect(sender.taken).toEqual(['F', 'a', 'b'])
    expect(balance(queue)).toBe(0)
  })

  test('leaves to the next process what it could not send', async () => {
    const dir = temporaryFolder()
    const first = start({ spool: { dir } })
    first.sender.answer = () => 'nothing'
    first.queue.offer(group('F', true))
    await waitUntil(() => first.sender.batches === 1, 'the batch on its way')
    first.queue.offer(group('a'))
    await first.queue.close(2000)
    expect(first.queue.counts()).toMatchObject({ ended: 6, sent: 0, waiting: 0, spooled: 6 })
    const second = start({ spool: { dir } })
    await sent(second.queue, 6)
    expect(second.sender.taken).toEqual(['F', 'a'])
    expect(second.queue.counts().recovered).toBe(6)
    expect(balance(second.queue)).toBe(0)
  })

  test('drops at its end what no disk would have, counted', async () => {
    const { queue, sender } = start()
    sender.answer = () => LATER
    queue.offer(group('F', true))
    await queue.close(20)
    queue.offer(group('a'))
    expect(queue.counts().dropped.shutdown).toBe(6)
    expect(balance(queue)).toBe(0)
  })

  test('finds the one request that a receiver refuses, and sends all others', async () => {
    const { queue, sender, lines } = start()
    sender.answer = (names) => (names.includes('bad') ? REFUSED : SENT)
    for (const name of ['a', 'b', 'bad', 'c', 'd']) queue.offer(group(name))
    await sent(queue, 12)
    await waitUntil(() => queue.counts().dropped.rejected === 3, 'the bad one dropped')
    expect(sender.taken.toSorted()).toEqual(['a', 'b', 'c', 'd'])
    expect(lines.map(({ message }) => message)).toContain(
      'spans were refused for good and are dropped',
    )
    expect(balance(queue)).toBe(0)
  })

  test('loses nothing to a receiver that refuses everything for a while', async () => {
    const { queue, sender } = start({ spool: { dir: temporaryFolder() } })
    sender.answer = () => REFUSED
    for (let index = 0; index < 20; index += 1) queue.offer(group(`F${index}`, true))
    await waitUntil(() => queue.counts().spooled > 0, 'the first of it on disk')
    sender.answer = () => SENT
    await sent(queue, 60)
    expect(new Set(sender.taken).size).toBe(20)
    expect(queue.counts().dropped.rejected).toBe(0)
  })

  test('counts what a receiver took only in part', async () => {
    const { queue, sender } = start()
    sender.answer = () => ({ kind: 'sent', refusedSpans: 1, detail: 'too long' })
    queue.offer(group('a'))
    await sent(queue, 2)
    expect(queue.counts().dropped.rejected).toBe(1)
    expect(balance(queue)).toBe(0)
  })

  test('goes to disk where the receiver is slower than the traffic', async () => {
    const { queue, sender } = start({ spansMax: 60, spool: { dir: temporaryFolder() } })
    sender.answer = () => 'nothing'
    for (let index = 0; index < 40; index += 1) {
      queue.offer(group('F', true))
      // oxlint-disable-next-line no-await-in-loop -- as requests end: one after the other
      await new Promise((resolve) => setImmediate(resolve))
    }
    await waitUntil(() => queue.counts().spooled >= 30, 'some of it on disk')
    expect(balance(queue)).toBe(0)
  })

  test('accounts for every span at every moment, whatever receiver and disk do', async () => {
    const outcome = fc.constantFrom(SENT, LATER, REFUSED, 'nothing' as const, {
      kind: 'sent' as const,
      refusedSpans: 2,
    })
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('offer' as const), important: fc.boolean() }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('answer' as const), outcome }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('lose disk' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const dir = temporaryFolder()
        const setup = { spansMax: 12, spool: { dir, bytesMax: 20 * 1024 } }
        let { queue, sender } = start(setup)
        const closed: ExportCounts[] = []
        for (const next of steps) {
          switch (next.do) {
            case 'offer':
              queue.offer(group('x', next.important))
              break
            case 'answer':
              sender.answer = () => next.outcome
              if (next.outcome !== 'nothing') sender.abort()
              break
            case 'wait':
              // oxlint-disable-next-line no-await-in-loop -- a sequence of steps
              await new Promise((resolve) => setTimeout(resolve, 1))
              break
            case 'flush':
              // oxlint-disable-next-line no-await-in-loop -- a sequence of steps
              await queue.flush(2)
              break
            case 'lose disk':
              rmSync(dir, { recursive: true, force: true })
              break
            case 'restart':
              // oxlint-disable-next-line no-await-in-loop -- a sequence of steps
              await queue.close(10)
              closed.push(queue.counts())
              ;({ queue, sender } = start(setup))
              break
            default:
              next satisfies never
          }
          expect(balance(queue)).toBe(0)
          expect(queue.counts().waiting).toBeGreaterThanOrEqual(0)
          expect(queue.counts().spooled).toBeGreaterThanOrEqual(0)
        }
        await queue.close(10)
        closed.push(queue.counts())
        expect(closed.map(({ waiting }) => waiting)).toEqual(closed.map(() => 0))
        expect(closed.map(balanceOf)).toEqual(closed.map(() => 0))
      }),
      { numRuns: 60 },
    )
  })
})
