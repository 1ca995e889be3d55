import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { existsSync, readFileSync } from 'node:fs'

import { beforeAll, describe, expect, test } from 'vitest'

import { EVERY_RULE } from '../../analyzer/rules/every-rule.ts'
import { runCli } from '../../cli/run-cli.ts'
import { toOtlpJson } from '../support/compact-span.ts'
import { TraceBuilder } from '../support/trace-builder.ts'

const EXAMPLE = 'examples/verdict-tests/verdicts.yaml'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-'))
  await write(
    'healthy.json',
    toOtlpJson(new TraceBuilder({ trace: '1', route: 'chat' }).attempt().end()),
  )
  await write(
    'cut.json',
    toOtlpJson(
      new TraceBuilder({ trace: '2', route: 'chat' })
        .attempt({ failed: { reason: 'stream-cut', phase: 'mid_stream', message: 'hang up' } })
        .end(),
    ),
  )
})

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

async function run(...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await runCli(['rules', ...args], { stdout, stderr, stdin: new PassThrough() })
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
}

async function runCases(yaml: string, ...options: readonly string[]) {
  const file = await write('cases.yaml', yaml)
  return { file, ...(await run('test', ...options, file)) }
}

/** Of a stream that was cut. */
const caseOf = (more: string): string =>
  `tests: [{ name: x, spans: cut.json, quiet: others, ${more} }]`

describe('secondwind rules list', () => {
  test('shows every rule in order of priority, with its page', async () => {
    const { code, stdout, stderr } = await run('list')
    expect([code, stderr]).toEqual([0, ''])
    const rows = stdout.trimEnd().split('\n').slice(1)
    expect(rows.map((row) => row.split(' ')[0])).toEqual(EVERY_RULE.map(({ id }) => id))
    for (const row of rows) expect(existsSync(row.split(/ {2,}/u).at(-1) ?? '')).toBe(true)
    expect(stdout).toMatch(
      /^tool-call-replayed +high +any request +Tool call delivered twice +docs/mu,
    )
    expect(stdout).toMatch(/^usage-lost +info +nothing /mu)
    expect(stdout).toMatch(/^cooldown-missed +medium +many requests /mu)
  })

  test('says the same as one JSON document', async () => {
    const { stdout } = await run('list', '--json')
    const document = JSON.parse(stdout)
    expect(document.schemaVersion).toBe(1)
    expect(document.rules.map(({ id }: { readonly id: string }) => id)).toEqual(
      EVERY_RULE.map(({ id }) => id),
    )
    expect(document.rules[0]).toEqual({
      id: 'tool-call-replayed',
      severity: 'high',
      opens: 'rescued',
      title: 'Tool call delivered twice',
      description: expect.any(String),
      needs: expect.any(Array),
      docs: 'docs/rules/tool-call-replayed.md',
    })
  })

  test('says which actions there are', async () => {
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('list, test') })
    expect(await run('tets')).toMatchObject({ code: 2, stderr: expect.stringContaining('"test"?') })
    expect(await run('test')).toMatchObject({ code: 2, stderr: expect.stringContaining('no FILE') })
  })
})

describe('secondwind rules test', () => {
  test('passes the example, which its page shows', async () => {
    const { code, stdout, stderr } = await run('test', EXAMPLE)
    expect([code, stderr]).toEqual([0, ''])
    expect(readFileSync('docs/verdict-tests.md', 'utf8')).toContain(
      `$ secondwind rules test ${EXAMPLE}\n${stdout}`,
    )
  })

  test('says of each case that fails what was expected and what came, and where', async () => {
    const { code, stdout, stderr, file } = await runCases(`tests:
  - name: a cut stream
    spans: cut.json
    requests: 2
    outcome: [ok, rescued]
    primary: stream-truncated
    fires: fallback-exhausted
    quiet: failure-unclassified
  - name: a healthy one
    spans: [healthy.json]
    quiet: others
`)
    expect([code, stderr]).toEqual([1, ''])
    const trace = '2'.padStart(32, '0')
    expect(stdout.split('\n')).toEqual([
      'FAIL  a cut stream',
      `      ${file}:4 requests`,
      '        expected 2',
      '        found    1',
      `      ${file}:5 outcome`,
      '        expected ok or rescued',
      `        found    failed (chat, trace ${trace})`,
      `      ${file}:6 primary`,
      '        expected stream-truncated',
      '        found    failure-unclassified',
      `      ${file}:7 fires`,
      '        expected fallback-exhausted',
      '        found    failure-unclassified',
      `      ${file}:8 quiet`,
      '        expected no failure-unclassified',
      expect.stringMatching(new RegExp(`^        found    .+\\. \\(trace ${trace}\\)$`, 'u')),
      'ok    a healthy one',
      `${file}: 1 passed, 1 failed`,
      '',
    ])
  })

  test('says the same as one JSON document', async () => {
    const { code, stdout, file } = await runCases(
      'tests: [{ name: x, spans: cut.json, outcome: ok }]',
      '--json',
    )
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      passed: 0,
      failed: 1,
      files: [
        {
          file,
          problems: [],
          tests: [
            {
              name: 'x',
              line: 1,
              passed: false,
              differences: [
                {
                  about: 'outcome',
                  line: 1,
                  expected: 'ok',
                  found: `failed (chat, trace ${'2'.padStart(32, '0')})`,
                },
              ],
            },
          ],
        },
      ],
    })
  })

  test('quiet: others allows what fires, primary and may name, and nothing else', async () => {
    expect((await runCases(caseOf('outcome: failed'))).code).toBe(1)
    expect((await runCases(caseOf('may: [failure-unclassified]'))).code).toBe(0)
    expect((await runCases(caseOf('primary: failure-unclassified'))).code).toBe(0)
    expect((await runCases(caseOf('fires: failure-unclassified'))).code).toBe(0)
  })

  test('reads the files of a case as one world, and window rules beside the others', async () => {
    const { code } = await runCases(
      'tests: [{ name: both, spans: [healthy.json, cut.json], requests: 2, outcome: [ok, failed], quiet: [cooldown-missed] }]',
    )
    expect(code).toBe(0)
  })

  test.each([
    ['tests: [', ':1:9:'],
    ['tests: []', ':1:1: tests: it is empty'],
    ['test: []', 'did you mean "tests"?'],
    ['tests: [{ name: x, spans: cut.json, outcom: ok }]', 'did you mean "outcome"?'],
    ['tests:\n  - name: x\n    outcome: ok', ':2:5: tests[0].spans: expected a list, or one text'],
    [
      'tests:\n  - name: x\n    spans: cut.json\n    fires: fallback-bypased',
      ':4:5: tests[0].fires[0]: there is no rule "fallback-bypased"; did you mean "fallback-bypassed"?',
    ],
    [
      'tests: [{ name: x, spans: cut.json, outcome: okay }]',
      'there is no outcome "okay"; one of: ok, rescued',
    ],
    ['tests: [{ name: x, spans: cut.json }]', 'expects nothing'],
    [
      'tests: [{ name: x, spans: a, fires: usage-lost, quiet: usage-lost }]',
      'usage-lost is expected to fire as well',
    ],
    ['tests: [{ name: x, spans: a, outcome: ok, may: usage-lost }]', 'only beside `quiet: others`'],
    [
      'router_config: gone.yaml\ntests: [{ name: x, spans: cut.json, outcome: ok }]',
      'gone.yaml: there is no such file',
    ],
    [
      'config: gone.yaml\ntests: [{ name: x, spans: cut.json, outcome: ok }]',
      'gone.yaml cannot be read',
    ],
  ])('tells a mistake in the file with its place, and runs nothing: %s', async (yaml, message) => {
    const { code, stdout, stderr, file } = await runCases(yaml)
    expect(code).toBe(3)
    expect(stdout).toBe(`${file}: not run\n`)
    expect(stderr).toContain(`secondwind rules test: ${file}`)
    expect(stderr).toContain(message)
  })

  test.each([
    ['gone.json', 'gone.json: there is no such file'],
    ['cases.yaml', 'cases.yaml: expected OTLP traces'],
  ])('compares nothing where the traces cannot be read whole: %s', async (spans, message) => {
    const { code, stdout } = await runCases(`tests: [{ name: x, spans: ${spans}, outcome: ok }]`)
    expect(code).toBe(5)
    expect(stdout).toContain(`found    ${message}`)
  })

  test('fails where the spans tell of no request at all', async () => {
    await write('none.json', '{"resourceSpans":[]}')
    const { code, stdout } = await runCases('tests: [{ name: x, spans: none.json, quiet: others }]')
    expect(code).toBe(1)
    expect(stdout).toContain('it holds no spans')
  })
})
