import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { openStore } from '../../../../../analyzer/store/open-store.ts'
import { arrivalOf } from '../../../../support/arrivals.ts'
import { WIDE_LIMITS } from '../../../../support/open-test-store.ts'
import { buildSpan } from '../../../../support/otlp.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

const DAY_MS = 86_400_000
const START_NS = 1_760_000_000_000_000_000n

const commits = fc.array(
  fc.array(
    fc.record({
      trace: fc.integer({ min: 1, max: 5 }),
      span: fc.integer({ min: 1, max: 6 }),
      afterUs: fc.integer({ min: 0, max: 5000 }),
      isError: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  { minLength: 1, maxLength: 5 },
)

/** What the first segment's seal says, its writer having been opened anew before some commits. */
function sealOf(all: readonly Commit[], isOpenedAnew: (commit: number) => boolean) {
  const path = temporaryFolder()
  const limits = { ...WIDE_LIMITS, ageMsMax: 8 * DAY_MS }
  const store = openStore({ path, limits }, { now: () => 1, log: () => undefined })
  let writer = store.openWriter()
  for (const [index, commit] of all.entries()) {
    if (isOpenedAnew(index)) {
      writer.close()
      writer = store.openWriter()
    }
    writer.append([arrivalOf(commit.map(toSpan), { receivedAtMs: 1 + index })])
  }
  // A day later another one is begun.
  writer.append([arrivalOf([buildSpan()], { receivedAtMs: 2 * DAY_MS })])
  writer.close()
  const [first = ''] = readdirSync(join(path, 'segments')).toSorted()
  const database = new Database(join(path, 'segments', first), { readonly: true })
  const rows = database.prepare<[], { key: string; value: unknown }>('SELECT * FROM meta').all()
  database.close()
  // The filters differ with the key of their hashes, which is drawn for each folder.
  return Object.fromEntries(
    rows.filter(({ key }) => !/filter|hash/u.test(key)).map(({ key, value }) => [key, value]),
  )
}

type Commit = readonly {
  readonly trace: number
  readonly span: number
  readonly afterUs: number
  readonly isError: boolean
}[]

function toSpan({ trace, span, afterUs, isError }: Commit[number]) {
  const startTimeNs = START_NS + BigInt(afterUs) * 1000n
  return buildSpan({
    traceId: trace.toString(16).padStart(32, '0'),
    spanId: span.toString(16).padStart(16, '0'),
    startTimeNs,
    endTimeNs: startTimeNs + 7000n,
    status: { code: isError ? 'error' : 'unset', message: '' },
  })
}

test('a seal says the same, whether its writer saw all of it or was started in between', () => {
  fc.assert(
    fc.property(commits, fc.nat(), (all, seed) => {
      const whole = sealOf(all, () => false)
      expect(Object.keys(whole)).toContain('start_from_us')
      expect(sealOf(all, (index) => ((seed >> index) & 1) === 1)).toEqual(whole)
    }),
    { numRuns: 15 },
  )
})

test('a seal names the first start and the last, and when the first and the last failure ended', () => {
  const span = { trace: 1, afterUs: 0, isError: false }
  const seal = sealOf(
    [
      [
        { ...span, span: 1, afterUs: 300 },
        { ...span, span: 2, afterUs: 500, isError: true },
      ],
      [{ ...span, trace: 2, span: 3, afterUs: 900, isError: true }],
    ],
    () => false,
  )
  const startUs = Number(START_NS / 1000n)
  expect(seal).toMatchObject({
    spans: 3,
    start_from_us: startUs + 300,
    start_to_us: startUs + 900,
    failed_from_us: startUs + 507,
    failed_to_us: startUs + 907,
    last_received_ms: 2,
  })
})
