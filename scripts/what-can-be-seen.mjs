// Makes `docs/what-can-be-seen.md` from what each rule needs to know and what each dialect tells.
// The test that holds the page against them is what renders it: here it writes instead.
//
//   node scripts/what-can-be-seen.mjs
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const { status } = spawnSync(
  'npx',
  ['vitest', 'run', 'test/analyzer/rules/sight.test.ts', '--update'],
  { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: 'inherit' },
)
process.exitCode = status ?? 1
