import { expect, test } from 'vitest'
import { killMigrations } from './migration-kills.ts'

/** Invariant I12 for the one start that changes files of an older release. */
const seed = Number(process.env['SECONDWIND_SEED'] ?? 1)

test('a start on the data of release 0.1.0 that is killed at any moment loses none of it', async () => {
  const { breaches, spans } = await killMigrations(seed, 3)
  expect(breaches).toEqual([])
  expect(spans).toBeGreaterThan(5000)
}, 120_000)
