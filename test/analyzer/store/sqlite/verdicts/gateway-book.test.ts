import { join } from 'node:path'

import {
  array,
  assert,
  constantFrom,
  integer,
  property,
  record,
  shuffledSubarray,
} from 'fast-check'
import { expect, test } from 'vitest'

import { RUN_GAP_MINUTES } from '../../../../../analyzer/incidents/markers.ts'
import { openVerdictStore } from '../../../../../analyzer/store/sqlite/verdicts/open-verdict-store.ts'
import type { Verdict, VerdictStore } from '../../../../../analyzer/store/verdict-store.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'
import { buildVerdict, putVerdicts } from '../../../../support/verdicts.ts'

const MINUTE_MS = 60_000

function open(folder = temporaryFolder()): VerdictStore {
  return openVerdictStore(join(folder, 'verdicts.db'), { nowMs: 0, log: () => {} })
}

function seen(index: number, release: string, minute: number): Verdict {
  const gateway = { name: 'litellm', release, atMs: minute * MINUTE_MS }
  return buildVerdict(`request ${index}`, { occurrence: undefined, gateway })
}

test('near sightings of a release are one run, and it outlives the verdicts and the process', () => {
  const folder = temporaryFolder()
  const store = open(folder)
  putVerdicts(store, seen(1, '1.97.0', 100), seen(2, '1.97.0', 100 + RUN_GAP_MINUTES))
  store.replace(
    [{ source: 'litellm', traceIds: ['trace of request 1'], verdicts: [] }],
    store.progress(),
  )
  store.close()
  const again = open(folder)
  expect(again.gatewayRuns()).toEqual([
    {
      source: 'litellm',
      gateway: 'litellm',
      kind: 'release',
      value: '1.97.0',
      fromMinute: 100,
      toMinute: 100 + RUN_GAP_MINUTES,
    },
  ])
  again.close()
})

test('whatever the order, the runs are the same', () => {
  const sightings = array(
    record({ release: constantFrom('a', 'b'), minute: integer({ min: 0, max: 400 }) }),
    { minLength: 1, maxLength: 25 },
  ).chain((list) =>
    shuffledSubarray(list, { minLength: list.length }).map((other) => [list, other]),
  )
  assert(
    property(sightings, (orders) => {
      const [one, other] = orders.map((list) => {
        const store = open()
        for (const [index, { release, minute }] of list.entries()) {
          putVerdicts(store, seen(index, release, minute))
        }
        const runs = store.gatewayRuns()
        store.close()
        return [...runs].map((run) => JSON.stringify(run)).toSorted()
      })
      expect(other).toEqual(one)
    }),
    { numRuns: 30 },
  )
})

test('a sender that changes its name with each request does not fill the table', () => {
  const store = open()
  putVerdicts(
    store,
    ...Array.from({ length: 500 }, (_, index) => seen(index, `release ${index}`, index)),
  )
  expect(store.gatewayRuns()).toHaveLength(200)
  expect(store.gatewayRuns()[0]).toMatchObject({ value: 'release 499' })
  store.close()
})
