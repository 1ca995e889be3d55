import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRecordings } from '../../demo/replay.ts'
import { SCENARIOS } from '../../demo/scenarios.ts'
import { runCommand, startCommand, type Ended } from '../support/start-command.ts'

/** Two demos of one seed at once: the second finds every usual port taken. */

interface Summary {
  readonly schemaVersion: number
  readonly requests: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly findings: Readonly<Record<string, number>>
  readonly incidents: number
  readonly spans: { readonly sent: number; readonly stored: number }
  readonly page: string
}

const ARGS = ['demo', '--headless', '--json', '--seed', '7', '--duration', '3', '--rate', '15']
const SENT = 45
const DEMO_MS_MAX = 120_000

/** Of these demos alone: others may run on this machine. */
const folder = mkdtempSync(join(tmpdir(), 'secondwind-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let runs: readonly Ended[]
let summaries: readonly Summary[]
let summary: Summary
beforeAll(async () => {
  runs = await Promise.all(
    [ARGS, ARGS].map((args) => runCommand(args, { environment: { TMPDIR: folder } })),
  )
  summaries = runs.map(parse)
  const [first] = summaries
  if (!first) throw new Error('no demo was run')
  summary = first
}, DEMO_MS_MAX)

function parse({ stdout, stderr, exitCode }: Ended): Summary {
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}:\n${stderr}`)
  return JSON.parse(stdout) as Summary
}

describe('demo --headless --json', () => {
  test('prints exactly one JSON document on stdout and exits 0', () => {
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(runs.map(({ stdout }) => stdout.trimEnd().split('\n').length)).toEqual([1, 1])
    expect(Object.keys(summary)).toEqual([
      'schemaVersion',
      'requests',
      'outcomes',
      'findings',
      'incidents',
      'spans',
      'page',
    ])
    expect(summary.schemaVersion).toBe(1)
    expect(summary.page).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  test('counts every request that was sent and every recording, each once', async () => {
    const recordings = await readRecordings()
    expect(summary.requests).toBe(SENT + recordings.length)
    const outcomes = Object.values(summary.outcomes)
    expect(outcomes.reduce((sum, count) => sum + count, 0)).toBe(summary.requests)
  })

  test('stores every span that was sent', () => {
    expect(summaries.map(({ spans }) => spans.stored)).toEqual(
      summaries.map(({ spans }) => spans.sent),
    )
    expect(summary.spans.sent).toBeGreaterThan(SENT * 2)
  })

  test('the same seed gives the same outcomes and the same findings', () => {
    const { outcomes, findings, incidents } = summary
    expect(summaries[1]).toMatchObject({ outcomes, findings, incidents })
  })

  test('finds what the scenarios and the recordings demand', async () => {
    const recordings = await readRecordings()
    const demanded = [
      ...SCENARIOS.flatMap(({ expected }) => expected.finding ?? []),
      ...recordings.flatMap(({ expected }) => expected.must),
    ]
    const tooFew = [...new Set(demanded)].filter(
      (rule) => (summary.findings[rule] ?? 0) < demanded.filter((one) => one === rule).length,
    )
    expect(tooFew).toEqual([])
    expect(summary.incidents).toBeGreaterThan(10)
  })

  test('says in three lines where to look and what at first', () => {
    expect(runs[0]?.stderr).toMatch(
      /Look at +http:\/\/127\.0\.0\.1:\d+\/incidents\nAt first +.+\nThen +.+\n/,
    )
  })

  test('removes its temporary folder', () => {
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a port that is taken', () => {
  const blocker = createServer()
  beforeAll(
    () =>
      new Promise<void>((resolve) => {
        // Whoever else has it, it is taken.
        blocker.once('error', () => resolve())
        blocker.listen(4319, '127.0.0.1', resolve)
      }),
  )
  afterAll(() => new Promise((resolve) => blocker.close(resolve)))

  test('is replaced by a free one, and both are printed; Ctrl-C ends the demo cleanly', async () => {
    const demo = startCommand(['demo', '--no-open', '--seed', '1'])
    await demo.waitForLine(/port 4319 is taken: the page gets a free one/)
    const line = await demo.waitForLine(/Look at/)
    const [, page = ''] = /(http:\/\/127\.0\.0\.1:\d+)\/incidents/.exec(line) ?? []
    expect(page).not.toContain(':4319')
    expect((await fetch(`${page}/readyz`)).status).toBe(200)
    demo.kill('SIGINT')
    expect((await demo.ended).exitCode).toBe(0)
    await expect(fetch(`${page}/readyz`)).rejects.toThrow('fetch failed')
  })
})

test.each([
  [['demo', '--json'], '--json is for --headless'],
  [['demo', '--rate', 'many'], '--rate: expected a number'],
  [['demo', '--seeds', '7'], 'there is no option --seeds'],
])('%j is refused, with what to do', async (args, message) => {
  const { exitCode, stdout, stderr } = await runCommand(args)
  expect(exitCode).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(message)
  expect(stderr).toContain('hint: ')
})
