import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import {
  LookoutSeconds,
  type KnownLookout,
  type LookoutKind,
} from '../../../../../analyzer/store/sqlite/verdicts/lookout-seconds.ts'

// Invariant I8: what is remembered of lookouts is what stands in the file.

type Stored = LookoutKind & KnownLookout

const kinds: readonly LookoutKind[] = [
  { source: 'router', looksFor: 'start' },
  { source: 'router', looksFor: 'failure' },
  { source: 'app', looksFor: 'start' },
]
const kind = fc.constantFrom(...kinds)
const traceId = fc.nat(20).map(String)
const us = fc.nat(4_000_000)

const step = fc.oneof(
  fc.record({ put: fc.record({ kind, traceId, fromUs: us, lastsUs: fc.nat(2_500_000) }) }),
  fc.record({ remove: fc.record({ kind, traceId }) }),
  fc.record({ ask: fc.record({ kind, atUs: us }) }),
)

function isOf({ source, looksFor }: LookoutKind) {
  return (each: Stored): boolean => each.source === source && each.looksFor === looksFor
}

test('tells at every moment what the file would tell', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let file: readonly Stored[] = []
      const seconds = new LookoutSeconds((of, range) =>
        file
          .filter(isOf(of))
          .filter(({ fromUs, toUs }) => fromUs <= range.toUs && toUs >= range.fromUs),
      )
      const remove = (source: string, id: string): void => {
        file = file.filter((each) => each.source !== source || each.traceId !== id)
        seconds.remove(source, id)
      }
      const told: unknown[] = []
      const expected: unknown[] = []
      for (const one of steps) {
        if ('remove' in one) {
          remove(one.remove.kind.source, one.remove.traceId)
        } else if ('put' in one) {
          const { kind: of, traceId: id, fromUs, lastsUs } = one.put
          remove(of.source, id)
          const lookout = { traceId: id, fromUs, toUs: fromUs + lastsUs }
          file = [...file, { ...of, ...lookout }]
          seconds.put(of, lookout)
        } else {
          const { kind: of, atUs } = one.ask
          told.push(seconds.at(of, atUs)?.toSorted())
          const own = file.filter(isOf(of))
          const looking = own.filter(({ fromUs, toUs }) => fromUs <= atUs && toUs >= atUs)
          expected.push(looking.map((each) => each.traceId).toSorted())
        }
      }
      expect(told).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

test('says that it does not know where there are too many, also where they became too many', () => {
  const of: LookoutKind = { source: 'router', looksFor: 'start' }
  const file = Array.from({ length: 4096 }, (_, index) => ({
    traceId: String(index),
    fromUs: 0,
    toUs: 10,
  }))
  const seconds = new LookoutSeconds((_, __, limit) => file.slice(0, limit))
  expect(seconds.at(of, 5)).toHaveLength(4096)
  const more = { traceId: 'more', fromUs: 5, toUs: 5 }
  file.push(more)
  seconds.put(of, more)
  expect(seconds.at(of, 5)).toBeUndefined()
})

test('reads anew after a transaction that failed', () => {
  const of: LookoutKind = { source: 'router', looksFor: 'start' }
  const seconds = new LookoutSeconds(() => [])
  expect(seconds.at(of, 5)).toEqual([])
  seconds.put(of, { traceId: 'never written', fromUs: 0, toUs: 10 })
  seconds.clear()
  expect(seconds.at(of, 5)).toEqual([])
})
