import { describe, expect, onTestFinished, test } from 'vitest'

import type { SpanLimits, Store, TidyReport } from '../../../../analyzer/store/store.ts'
import type { Span } from '../../../../analyzer/story/span.ts'
import { arrivalOf } from '../../../support/arrivals.ts'
import { buildSpan } from '../../../support/otlp.ts'

/** One engine, empty for each test; the same again until the test ends. */
export interface KeepingEngine {
  readonly name: string
  readonly begin: (limits: SpanLimits) => Pick<Store, 'openWriter' | 'openReader' | 'openKeeper'>
}

const DAY_MS = 24 * 3_600_000
const DAYS = 20
const NOW_MS = 1_760_000_000_000
const FORTNIGHT: SpanLimits = { ageMsMax: 14 * DAY_MS, bytesMax: 1024 ** 3 }
/** Parts are dropped whole: of what is too old, as much as stands beside younger spans may stay. */
const PART_MS_MAX = 2 * DAY_MS

const traceId = (number: number): string => number.toString(16).padStart(32, '0')

function spanOf(number: number, text = ''): Span {
  const spanId = number.toString(16).padStart(16, '0')
  return buildSpan({ traceId: traceId(number), spanId, attributes: { text } })
}

/** What `SpanKeeper` promises, whatever spans are dropped and rewritten by. */
export function keepingContract(engine: KeepingEngine): void {
  function open(limits: SpanLimits = FORTNIGHT) {
    const store = engine.begin(limits)
    const writer = store.openWriter()
    const reader = store.openReader()
    const keeper = store.openKeeper()
    onTestFinished(() => {
      keeper.close()
      reader.close()
      writer.close()
    })
    const tidyAll = (judgedUpTo = Infinity): Pick<TidyReport, 'done' | 'failed'> => {
      const done: string[] = []
      const failed: string[] = []
      for (;;) {
        const report = keeper.tidy(limits, { nowMs: NOW_MS, judgedUpTo })
        done.push(...report.done)
        failed.push(...report.failed)
        if (!report.more) return { done, failed }
      }
    }
    const isThere = (number: number): boolean => reader.trace(traceId(number)).spans.length > 0
    return { writer, reader, keeper, tidyAll, isThere }
  }

  /** One trace a day; the number of each is its age in days. */
  function openWithDays() {
    const opened = open()
    for (let age = DAYS; age > 0; age -= 1) {
      const receivedAtMs = NOW_MS - age * DAY_MS
      opened.writer.append([arrivalOf([spanOf(age)], { receivedAtMs })])
    }
    return opened
  }

  const ages = Array.from({ length: DAYS }, (_, index) => index + 1)

  describe(`keeping spans in ${engine.name}`, () => {
    test('what is older than spans are kept goes, and nothing that is younger', () => {
      const { tidyAll, isThere } = openWithDays()
      expect(tidyAll().failed).toEqual([])
      const kept = ages.filter(isThere)
      expect(kept).toEqual(expect.arrayContaining(ages.filter((age) => age < 14)))
      expect(kept.filter((age) => age * DAY_MS > FORTNIGHT.ageMsMax + PART_MS_MAX)).toEqual([])
    })

    test('of more than may be stored the oldest goes, and no younger one before it', () => {
      const { writer, keeper, tidyAll, isThere } = open({ ...FORTNIGHT, bytesMax: 4 * 1024 ** 2 })
      const numbers = Array.from({ length: 120 }, (_, index) => index + 1)
      for (const number of numbers) {
        const text = String(number % 10).repeat(30_000)
        const spans = [1, 2, 3].map((each) => ({
          ...spanOf(number, text),
          spanId: (number * 10 + each).toString(16).padStart(16, '0'),
        }))
        writer.append([arrivalOf(spans, { receivedAtMs: NOW_MS })])
      }
      expect(keeper.stats().bytes).toBeGreaterThan(4 * 1024 ** 2)
      tidyAll(0)
      expect(keeper.stats().bytes).toBeLessThanOrEqual(4 * 1024 ** 2)
      const kept = numbers.filter(isThere)
      expect(kept.length).toBeGreaterThan(0)
      expect(kept).toEqual(numbers.slice(-kept.length))
    })

    test('counts go on where what they counted was dropped, and so do positions', () => {
      const { writer, reader, tidyAll } = openWithDays()
      const last = reader.readAfter(0, DAYS).at(-1)?.position ?? 0
      const before = reader.counts()
      tidyAll()
      expect(reader.counts()).toEqual(before)
      expect(before.stored).toBe(DAYS)
      writer.append([arrivalOf([spanOf(99)], { receivedAtMs: NOW_MS })])
      const [next] = reader.readAfter(last, DAYS)
      expect(next?.content.spans()).toEqual([spanOf(99)])
      expect(reader.counts().stored).toBe(DAYS + 1)
    })

    test('what goes before anybody has judged it is trouble, and no news', () => {
      const { tidyAll } = openWithDays()
      const { done, failed } = tidyAll(0)
      expect(failed.length).toBeGreaterThan(0)
      expect(done).toEqual([])
    })

    test('what stays is read as before, at its place', () => {
      const { reader, tidyAll } = openWithDays()
      const before = reader.readAfter(0, DAYS)
      tidyAll()
      const after = reader.readAfter(0, DAYS)
      expect(after.length).toBeGreaterThan(0)
      const shown = (chunks: typeof after) =>
        chunks.map(({ position, source, receivedAtMs, content }) => [
          position,
          source,
          receivedAtMs,
          content.spans(),
        ])
      expect(shown(after)).toEqual(shown(before).slice(-after.length))
    })

    test('figures tell what is there, the oldest part first', () => {
      const { reader, keeper, tidyAll } = openWithDays()
      tidyAll()
      const { spans, bytes, parts, damaged } = keeper.stats()
      expect(spans).toBe(reader.readAfter(0, DAYS).flatMap((chunk) => chunk.content.spans()).length)
      expect(parts.reduce((sum, part) => sum + part.spans, 0)).toBe(spans)
      expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes)
      const times = parts.map(({ lastReceivedMs }) => lastReceivedMs)
      expect(times).toEqual(times.toSorted((left, right) => left - right))
      expect(damaged).toEqual([])
    })
  })
}
