import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'

/**
 * The benchmarks run, at a size that says nothing about speed: they must not be found broken on the
 * day that a figure is asked for. No figure is looked at.
 */

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

async function runBench(name: string, only: string): Promise<readonly string[]> {
  const folder = temporaryFolder()
  const out = join(folder, 'table.md')
  const program = join(root, `dist/test/bench/${name}.js`)
  const { stdout } = await run(
    process.execPath,
    [program, '--tiny', '--only', only, '--dir', folder, '--out', out],
    { timeout: 240_000 },
  )
  expect(readFileSync(out, 'utf8')).toBe(stdout)
  return stdout.split('\n').filter((line) => line.startsWith('|'))
}

test('bench:ingest puts the analyzer beside its yardsticks', { timeout: 240_000 }, async () => {
  const [head, , first] = await runBench('ingest', 'protobuf, 50')
  expect(head).toMatch(/plain SQLite \|\s+naive receiver \|\s+analyzer/)
  expect(first).toMatch(/spans\/s\s+\|(?:\s+[\d,]+ \|){3}.*(?:met|MISSED)/)
})

test(
  'bench:ingest sends at a steady rate and waits for judging',
  { timeout: 240_000 },
  async () => {
    const rows = await runBench('ingest', '20,000')
    expect(rows.join('\n')).toMatch(/until all are judged/)
    const p99 = rows.find((row) => row.startsWith('|   ack, p99'))
    expect(p99).toMatch(/ms +\| +[\d.]+ \| +– \| +[\d.]+ \| .*× plain SQLite: [\d.]+/u)
  },
)

test(
  'bench:query asks what pages ask, and a plain table the same',
  { timeout: 240_000 },
  async () => {
    const rows = await runBench('query', 'a')
    expect(rows.find((row) => row.startsWith('| a trace by its id'))).toMatch(/(?:met|MISSED) \|$/)
    expect(rows.at(-1)).toMatch(/^\| ack meanwhile/)
  },
)

test('bench:verdicts says how right the verdicts are, class by class and mode by mode', async () => {
  const out = join(temporaryFolder(), 'verdicts.json')
  const program = join(root, 'dist/test/bench/verdicts.js')
  const args = [program, '--tiny', '--only', '1.97.0/v2', '--out', out]
  const { stdout } = await run(process.execPath, args, { timeout: 60_000 })
  expect(stdout).toMatch(/^\| fallback-bypassed +\| +\d+ \| +\d+ \| +0 \| +\d+ \| +100\.0 % \|/mu)
  expect(stdout).toMatch(/^\| 1\.97\.0\/v2 +\| +38 \| +100\.0 % \|/mu)
  const told = JSON.parse(readFileSync(out, 'utf8')) as { readonly parts: readonly object[] }
  expect(told.parts).toContainEqual(expect.objectContaining({ name: '1.97.0/v2', requests: 38 }))
})
