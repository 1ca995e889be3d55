import { expect, test } from 'vitest'

import type { AttributeValue } from '../../../analyzer/story/span.ts'
import { keysRead, loadSamples, tell, withAttribute } from '../../support/samples.ts'

/**
 * Over every recording and every fixture: what is not in the spans is never made up for (a class
 * that appears because an attribute went is a guess), and no value of one makes a rule throw.
 */

const samples = loadSamples().map((sample) => ({ sample, keys: [...keysRead(sample)] }))

/** Tens of thousands of tellings: seconds, unless the machine is busy. */
const PATIENCE_MS = 180_000

/** What is said where less is known. */
const OF_LACK: ReadonlySet<string> = new Set(['trace-incomplete', 'failure-unclassified'])

test(
  'an attribute that is missing adds no class',
  () => {
    const guessed = samples.flatMap(({ sample, keys }) => {
      const { classes } = tell(sample, sample.spans)
      return keys.flatMap((key) =>
        [...tell(sample, withAttribute(sample.spans, key, undefined)).classes]
          .filter((rule) => !classes.has(rule) && !OF_LACK.has(rule))
          .map((rule) => `${sample.id}: ${rule} without ${key}`),
      )
    })
    expect(guessed).toEqual([])
  },
  PATIENCE_MS,
)

const HOSTILE: readonly AttributeValue[] = [
  '',
  -1,
  Number.NaN,
  Number.MAX_VALUE,
  2n ** 63n - 1n,
  true,
  null,
  new Uint8Array([255, 0]),
  ['a', null, ['b'], 3],
  new Map<string, AttributeValue>([['__proto__', new Map([['x', 1]])]]),
  '{"__proto__":{"a":1},"secondwindShape":1,"roles":7,"lengths":[{}],"messages":"x"}',
  '['.repeat(5000),
  "x. Received Model Group=\nAvailable Model Group Fallbacks=[']\nError doing the fallback: ",
  `LiteLLM: model group '' failed with the error above. Fallback to  also failed: ${'x'.repeat(9999)}`,
]

test(
  'an attribute of another type, or a hostile one, makes no rule throw',
  () => {
    for (const [at, { sample, keys }] of samples.entries()) {
      for (const [number, key] of keys.entries()) {
        // Each key meets each value somewhere, for there are hundreds of samples.
        const value = HOSTILE[(at + number) % HOSTILE.length]
        const { stories } = tell(sample, withAttribute(sample.spans, key, value ?? ''))
        expect(new Set(stories.map(({ id }) => id)).size).toBe(stories.length)
      }
    }
  },
  PATIENCE_MS,
)
