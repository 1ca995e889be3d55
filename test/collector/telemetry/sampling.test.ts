import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSampler } from '../../../collector/telemetry/sampling.ts'

const IDS = Array.from({ length: 4000 }, () => randomBytes(16).toString('hex'))

test('all are kept at 1, none at 0', () => {
  expect(IDS.every(createSampler(1))).toBe(true)
  expect(IDS.some(createSampler(0))).toBe(false)
})

test('who keeps fewer keeps none that others drop', () => {
  const [few, many] = [createSampler(0.1), createSampler(0.5)]
  const kept = IDS.filter(few)
  expect(kept.every(many)).toBe(true)
  // Ten standard deviations.
  expect(Math.abs(kept.length / IDS.length - 0.1)).toBeLessThan(0.05)
})
