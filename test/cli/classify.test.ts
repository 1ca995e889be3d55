import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

import { beforeAll, describe, expect, test } from 'vitest'

import type { WireClassification } from '../../analyzer/api/wire.ts'
import { runCli } from '../../cli/run-cli.ts'
import * as v from '../../collector/vocabulary.ts'
import { toOtlpJson, toSpanId, toTraceId, type CompactSpan } from '../support/compact-span.ts'
import { toSpans } from '../support/test-window-rule.ts'
import { TraceBuilder } from '../support/trace-builder.ts'

const CUT = { reason: 'stream-cut', phase: 'mid_stream', message: 'socket hang up' } as const
const REFUSED = { reason: 'prefill-rejected', phase: 'before_headers', statusCode: 400 } as const

const HEALTHY = toOtlpJson(new TraceBuilder({ trace: '1', route: 'healthy' }).attempt().end())
const REJECTED = toOtlpJson(
  new TraceBuilder({ trace: '2', route: 'claude-primary' })
    .attempt({ failed: CUT })
    .fallback({ strategy: 'prefill', prefill: true, lastRole: 'assistant', forced: true })
    .attempt({ route: 'gpt-fallback', provider: 'openai', model: 'gpt-5', failed: REFUSED })
    .end(),
)

const RECORDINGS = new URL('../../demo/recordings/', import.meta.url)

/** What really happened, and what may be concluded from it; `manifest.json` of the recordings. */
interface Recording {
  readonly route: string
  readonly file: string
  readonly expected: {
    readonly outcome: readonly string[]
    readonly must: readonly string[]
    readonly may: readonly string[]
  }
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'classify-'))
})

async function fileOf(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(
  argv: readonly string[],
  io: { readonly stdin?: Uint8Array | Readable; readonly isTTY?: boolean } = {},
): Promise<Ran> {
  const stdout = Object.assign(new PassThrough(), { isTTY: io.isTTY ?? false })
  const stderr = new PassThrough()
  const texts = Promise.all([text(stdout), text(stderr)])
  const stdin =
    io.stdin instanceof Readable ? io.stdin : Readable.from([Buffer.from(io.stdin ?? [])])
  const code = await runCli(['classify', ...argv], { stdin, stdout, stderr })
  stdout.end()
  stderr.end()
  const [out, errors] = await texts
  return { code, stdout: out, stderr: errors }
}

async function runJson(...argv: readonly string[]): Promise<WireClassification> {
  const { stdout, stderr, code } = await run(['--json', ...argv])
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return JSON.parse(stdout)
}

const BURST: Parameters<typeof toSpans>[0] = JSON.parse(
  readFileSync('test/fixtures/traces/cooldown-missed/fires-sidecar-refused-key.json', 'utf8'),
).traffic

describe('what many requests of a file show together', () => {
  test('is told beside the requests, of each file by itself', async () => {
    const whole = await fileOf('burst.json', toOtlpJson(toSpans(BURST)))
    const document = await runJson(whole, await fileOf('healthy.json', HEALTHY))
    expect(document.requests).toHaveLength(31)
    expect(document.windows).toMatchObject([
      {
        source: whole,
        rule: 'cooldown-missed',
        route: 'chat',
        target: 'chat-main/1',
        provider: 'openai',
        reason: 'auth',
        start: '2023-11-14T22:13:00.000Z',
        end: '2023-11-14T22:14:00.000Z',
        minutes: 1,
      },
    ])
    expect(document.windows[0]?.examples).toHaveLength(5)
  })

  test('stands in the table, with what to do on --explain, and counts for --fail-on', async () => {
    const path = await fileOf('burst.json', toOtlpJson(toSpans(BURST)))
    const { stdout, code } = await run(['--explain', '--fail-on', 'cooldown-missed', path])
    expect(code).toBe(1)
    expect(stdout).toContain('cooldown-missed (medium, likely): A failing deployment')
    expect(stdout).toContain('cooldown_time: 30')
    expect(stdout).toContain('1 cooldown-missed')
  })

  test('is not told of half of it', async () => {
    const half = BURST.map((traffic) => ({ ...traffic, times: 4 }))
    const { windows } = await runJson(await fileOf('half.json', toOtlpJson(toSpans(half))))
    expect(windows).toEqual([])
  })
})

describe('classify --json', () => {
  test('prints one document with every request of every file', async () => {
    const healthy = await fileOf('healthy.json', HEALTHY)
    const rejected = await fileOf('rejected.json', REJECTED)
    const document = await runJson(healthy, rejected)
    expect(document.schemaVersion).toBe(1)
    expect(document.requests).toMatchObject([
      {
        source: healthy,
        traceId: toTraceId('1'),
        traceIds: [toTraceId('1')],
        requestSpanId: toSpanId('a000'),
        dialect: 'secondwind',
        api: 'chat',
        stream: true,
        route: 'healthy',
        caller: {},
        outcome: 'ok',
        attempts: [{ number: 1, kind: 'initial', status: 'ok' }],
        clientSaw: { statusCode: 200, complete: true },
        findings: [],
      },
      {
        source: rejected,
        outcome: 'failed',
        attempts: [
          { number: 1, status: 'failed', phase: 'mid_stream', reason: 'stream-cut' },
          { number: 2, kind: 'fallback', provider: 'openai', reason: 'prefill-rejected' },
        ],
        clientSaw: { complete: false, message: 'socket hang up' },
        findings: [
          {
            rule: 'prefill-rejected',
            primary: true,
            severity: 'high',
            confidence: 'certain',
            title: 'Fallback refused the assistant prefill',
          },
          { rule: 'fallback-exhausted', primary: false },
        ],
      },
    ])
  })

  test('tells JSON lines, gzip and stdin by their content alone', async () => {
    const two = Buffer.concat([HEALTHY, Buffer.from('\n'), REJECTED, Buffer.from('\n')])
    const lines = await fileOf('lines.pb', two)
    const packed = await fileOf('packed.txt', gzipSync(REJECTED))
    const document = await runJson(lines, packed)
    expect(document.requests.map(({ outcome }) => outcome)).toEqual(['ok', 'failed', 'failed'])
    const { stdout } = await run(['--json', '-'], { stdin: HEALTHY })
    expect(JSON.parse(stdout).requests).toMatchObject([{ source: '-', outcome: 'ok' }])
  })

  test('prints a whole document for a file without requests, and says so beside it', async () => {
    const path = await fileOf('empty.json', '{"resourceSpans":[]}')
    const { code, stdout, stderr } = await run(['--json', path])
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      requests: [],
      windows: [],
      unread: [],
    })
    expect(stderr).toBe(`secondwind classify: ${path}: it holds no spans\n`)
    expect(code).toBe(0)
  })

  test('names the scopes of a file whose spans it does not understand', async () => {
    const span = { name: 'GET /', id: '1', ms: [0, 1], scope: 'shop@2' } as const
    const path = await fileOf('shop.json', toOtlpJson([span]))
    const { stderr } = await run(['--json', path])
    expect(stderr).toContain('or keeps to the GenAI convention or to OpenInference (scopes: shop)')
  })

  test('never joins the spans of two files', async () => {
    const spans = new TraceBuilder({ trace: '3' }).attempt({ failed: CUT }).end()
    const [request, ...rest] = spans
    const one = await fileOf('one.json', toOtlpJson(request === undefined ? [] : [request]))
    const other = await fileOf('other.json', toOtlpJson(rest))
    const document = await runJson(one, other)
    // The request span repeats the root cause, so its file knows of the attempt without its span.
    expect(document.requests.map(({ attempts }) => attempts[0]?.spanId)).toEqual([
      undefined,
      toSpanId('a0b1'),
    ])
    expect(document.requests[1]).toMatchObject({
      outcome: 'unknown',
      findings: [{ rule: 'trace-incomplete' }],
    })
  })

  test('compares with the limits of the file that --config names', async () => {
    const spans = new TraceBuilder().attempt().end({
      attributes: { 'secondwind.time_to_first_content_ms': 900.5 },
    })
    const slow = await fileOf('slow.json', toOtlpJson(spans))
    const config = await fileOf('limits.yaml', 'analyzer: {rules: {slow_first_content_ms: 900}}')
    const byDefault = await runJson(slow)
    const byFile = await runJson('--config', config, slow)
    expect(byDefault.requests[0]?.findings).toEqual([])
    expect(byFile.requests[0]?.findings).toMatchObject([{ rule: 'slow-first-chunk' }])
  })

  test('adds the remedy to each finding with --explain', async () => {
    const document = await runJson('--explain', await fileOf('rejected.json', REJECTED))
    const [finding] = document.requests[0]?.findings ?? []
    expect(finding).toHaveProperty(
      'remedy.stopItNow.text',
      expect.stringContaining('claude-primary'),
    )
    expect(JSON.stringify(document)).not.toMatch(/\{(?:route|fallback)\}/u)
  })

  test('says with --explain what is known of releases, and what spans like these cannot show', async () => {
    const path = await fileOf('cut.json', toOtlpJson(toSpans(BURST)))
    const { code, stdout } = await run(['--json', '--explain', path])
    expect(code).toBe(0)
    const document = JSON.parse(stdout)
    const [window] = document.windows
    expect(window.releases[0]).toEqual({
      gateway: 'litellm',
      from: expect.anything(),
      to: null,
      text: expect.any(String),
    })
    expect(document.sources).toEqual([{ source: path, cannotShow: [] }])
    expect(await runJson(path)).not.toHaveProperty('sources')
    expect((await run(['--explain', path])).stdout).toMatch(
      /Releases:\n +LiteLLM from [\d.]+ on: /u,
    )
  })

  test('prints no prompt, though the file is full of them', async () => {
    const canary = 'CANARY-7f3a'
    const messages = JSON.stringify([{ role: 'user', content: canary }])
    const attributes = { 'gen_ai.input.messages': messages }
    const spans = new TraceBuilder().attempt({ failed: CUT, attributes }).end({ attributes })
    const path = await fileOf('canary.json', toOtlpJson(spans))
    const { stdout, stderr } = await run(['--json', '--explain', path])
    expect(stdout + stderr).not.toContain(canary)
  })
})

describe('classify over recordings of real LiteLLM releases', () => {
  const recordings: readonly Recording[] = JSON.parse(
    readFileSync(new URL('manifest.json', RECORDINGS), 'utf8'),
  )

  test.each(recordings)(
    '$route: finds what $litellmVersion $mode shows, no more',
    async (recording) => {
      const config = fileURLToPath(new URL('router-config.yaml', RECORDINGS))
      const file = fileURLToPath(new URL(recording.file, RECORDINGS))
      const { requests } = await runJson('--router-config', config, file)
      const { outcome, must, may } = recording.expected
      expect(requests).toHaveLength(1)
      expect(requests[0]?.route).toBe(recording.route)
      expect(outcome).toContain(requests[0]?.outcome)
      const found = requests[0]?.findings.map(({ rule }) => rule) ?? []
      expect(found).toEqual(expect.arrayContaining([...must]))
      expect([...must, ...may]).toEqual(expect.arrayContaining(found))
    },
  )
})

describe('classify for people', () => {
  test('shows outcome, route, the chain of attempts, the primary finding and its evidence', async () => {
    const path = await fileOf('rejected.json', REJECTED)
    const { stdout, code } = await run([path])
    expect(code).toBe(0)
    expect(stdout.split('\n')).toEqual([
      `failed    claude-primary  claude-primary/1: stream-cut mid_stream → gpt-fallback/1: prefill-rejected before_headers  ${path} ${toTraceId('2')}`,
      '          prefill-rejected (high, certain): Fallback refused the assistant prefill',
      `            ${toSpanId('a0b2')} ${v.ATTR_FAILURE_REASON} = prefill-rejected`,
      '          also: fallback-exhausted',
      '1 request (1 failed); found: 1 prefill-rejected, 1 fallback-exhausted',
      '',
    ])
  })

  test('says once per file what its spans cannot show, on --explain alone', async () => {
    const span: CompactSpan = {
      name: 'chat m',
      id: 'a1',
      kind: 'client',
      ms: [0, 10],
      scope: 'opentelemetry.instrumentation.openai.v1@0.62.4',
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' },
    }
    const path = await fileOf('app.json', toOtlpJson([span, { ...span, trace: '2' }]))
    const { stdout } = await run(['--explain', path])
    expect(stdout.match(/What cannot be seen here/gu)).toHaveLength(1)
    expect(stdout).toContain('cannot show that a stream broke')
    expect((await run([path])).stdout).not.toContain('cannot')
  })

  test('shows all findings with evidence and what to do on --explain', async () => {
    const { stdout } = await run(['--explain', await fileOf('rejected.json', REJECTED)])
    expect(stdout).toContain('fallback-exhausted (high, certain): Every target failed')
    expect(stdout.match(/Stop it now: /gu)).toHaveLength(2)
    expect(stdout.match(/Verify: {6}Classify .*\n +secondwind classify/gu)).toHaveLength(2)
    expect(stdout).not.toContain('also:')
  })

  test('colours for a terminal only, and not where NO_COLOR is set', async () => {
    const path = await fileOf('healthy.json', HEALTHY)
    const before = process.env['NO_COLOR']
    try {
      delete process.env['NO_COLOR']
      expect((await run([path], { isTTY: true })).stdout).toContain('\u001B[32mok')
      expect((await run([path])).stdout).not.toContain('\u001B')
      process.env['NO_COLOR'] = '1'
      expect((await run([path], { isTTY: true })).stdout).not.toContain('\u001B')
    } finally {
      if (before === undefined) delete process.env['NO_COLOR']
      else process.env['NO_COLOR'] = before
    }
  })

  test('a name in a span cannot steer the terminal', async () => {
    const route = 'evil\u001B]0;owned\u0007\r\n\u202Eroute'
    const path = await fileOf('evil.json', toOtlpJson(new TraceBuilder({ route }).attempt().end()))
    const { stdout } = await run([path])
    expect(stdout).toContain('evil?]0;owned????route')
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe('exit codes', () => {
  test('1 where anything as bad as a named severity was found', async () => {
    const rejected = await fileOf('rejected.json', REJECTED)
    expect((await run(['--fail-on', 'high', rejected])).code).toBe(1)
    expect((await run(['--fail-on', 'medium,info', rejected])).code).toBe(0)
    const { stderr, code } = await run(['--fail-on', 'hihg', rejected])
    expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean "high"?')])
  })

  test('a folder stands for the files in it and below, in the order of their names', async () => {
    const base = join(folder, 'recordings')
    await mkdir(join(base, 'b'), { recursive: true })
    for (const [name, bytes] of [
      ['c.json', HEALTHY],
      ['b/x.json', REJECTED],
      ['a.json.gz', gzipSync(HEALTHY)],
      ['.hidden', 'no traces'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop
      await writeFile(join(base, name), bytes)
    }
    const { requests } = await runJson(base)
    expect(requests.map(({ source }) => source)).toEqual(
      ['a.json.gz', 'b/x.json', 'c.json'].map((name) => join(base, name)),
    )
    await mkdir(join(base, 'empty'))
    const { code, stderr } = await run([join(base, 'empty')])
    expect([code, stderr]).toEqual([5, expect.stringContaining('there is no file in this folder')])
  })

  test('an empty folder among other paths is told and counted, and the others are read', async () => {
    const empty = join(folder, 'none')
    await mkdir(empty)
    const healthy = await fileOf('healthy.json', HEALTHY)
    const { code, stdout, stderr } = await run(['--json', empty, healthy])
    expect(code).toBe(5)
    expect(stderr).toBe(`secondwind classify: ${empty}: there is no file in this folder\n`)
    const document = JSON.parse(stdout) as WireClassification
    expect(document.requests.map(({ source }) => source)).toEqual([healthy])
    expect(document.unread).toMatchObject([
      { source: empty, problemCount: 1, problems: ['there is no file in this folder'] },
    ])
    expect((await run([empty, healthy])).stdout).toContain('1 part unreadable in 1 file')
  })

  test('1 where a named class fired, primary or not; 0 where it did not', async () => {
    const path = await fileOf('rejected.json', REJECTED)
    expect((await run(['--fail-on', 'fallback-exhausted', path])).code).toBe(1)
    expect((await run(['--fail-on', 'stream-truncated', path])).code).toBe(0)
  })

  test('2 on wrong usage, with the way to the help, on stderr alone', async () => {
    const { code, stdout, stderr } = await run(['--fail-on', 'prefil-rejected', 'x'])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('did you mean "prefill-rejected"?')
    expect(stderr).toContain('[USAGE]\n  hint: "secondwind classify --help"')
  })

  test('3 where a router config cannot be read, before anything is printed', async () => {
    const healthy = await fileOf('healthy.json', HEALTHY)
    const ran = await run([healthy, '--router-config', join(folder, 'none.yaml'), healthy])
    expect(ran).toMatchObject({ code: 3, stdout: '' })
    expect(ran.stderr).toContain("there is no such file. Expected LiteLLM's config.yaml")
  })

  test.each([
    ['text', 'hello\n', 'expected OTLP traces'],
    ['other JSON', '{"hello": 1}', 'expected OTLP traces'],
    ['an empty file', '', 'it is empty'],
    ['a damaged gzip', gzipSync(HEALTHY).subarray(0, 40), 'the gzip is damaged'],
  ])('5 where a file is %s, with what was expected', async (name, bytes, expected) => {
    const path = await fileOf(`${name}.bin`, bytes)
    const { code, stdout, stderr } = await run([path])
    expect(code).toBe(5)
    expect(stdout).toBe('')
    expect(stderr).toContain(`secondwind classify: ${path}: `)
    expect(stderr).toContain(expected)
  })

  test('5 where stdin is none of ours, without reading it to an end that may never come', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x')
    let pieces = 0
    const endless = Readable.from(
      (function* () {
        for (;;) {
          pieces += 1
          yield piece
        }
      })(),
    )
    const { code, stderr } = await run(['-'], { stdin: endless })
    expect(code).toBe(5)
    expect(stderr).toContain('stdin: expected OTLP traces')
    expect(pieces).toBeLessThan(40)
  })

  test('5 where a part of a file is unreadable: it never looks wholly fine', async () => {
    const [whole, other] = [HEALTHY, REJECTED].map((bytes) => Buffer.from(bytes).toString())
    const cut = `${whole}\nno JSON\n${other?.slice(0, -50)}`
    const [healthy, path] = [await fileOf('healthy.json', HEALTHY), await fileOf('cut.jsonl', cut)]
    const { code, stdout, stderr } = await run([healthy, path])
    expect(code).toBe(5)
    expect(stderr.trimEnd().split('\n')).toEqual([
      `secondwind classify: ${path}: line 2: expected OTLP traces, {"resourceSpans": [...]}`,
      `secondwind classify: ${path}: line 3: it ends in the middle of a document; what stood before is used`,
    ])
    expect(stdout.split('\n').at(-2)).toBe(
      'not all was read: 2 parts unreadable in 1 file; this rests on the rest',
    )
    expect(stdout).toContain(`${path} ${toTraceId('1')}`)
    const json = await run(['--json', '--fail-on', 'high', healthy, path])
    expect(json.code).toBe(5)
    expect(JSON.parse(json.stdout).unread).toEqual([
      {
        source: path,
        problemCount: 2,
        problems: [
          'line 2: expected OTLP traces, {"resourceSpans": [...]}',
          'line 3: it ends in the middle of a document; what stood before is used',
        ],
        rejected: 0,
        rejectedReasons: {},
      },
    ])
  })

  test('5 where one file of several is missing, and the others are told all the same', async () => {
    const healthy = await fileOf('healthy.json', HEALTHY)
    const rejected = await fileOf('rejected.json', REJECTED)
    const missing = join(folder, 'missing.json')
    const ran = await run(['--json', '--fail-on', 'prefill-rejected', healthy, missing, rejected])
    expect(ran.code).toBe(5)
    expect(ran.stderr).toBe(`secondwind classify: ${missing}: there is no such file\n`)
    expect(JSON.parse(ran.stdout).requests).toHaveLength(2)
    expect(JSON.parse(ran.stdout).unread).toMatchObject([
      { source: missing, problemCount: 1, problems: ['there is no such file'] },
    ])
  })

  test('6 where spans of a file had to be left out', async () => {
    const document = JSON.parse(new TextDecoder().decode(HEALTHY))
    document.resourceSpans[1].scopeSpans[0].spans[0].traceId = 'not hex'
    const path = await fileOf('partial.json', JSON.stringify(document))
    const { code, stdout, stderr } = await run([path])
    expect(code).toBe(6)
    expect(stderr).toContain('1 span was left out: 1 trace-id-invalid')
    expect(stdout).toContain('not all was read: 1 span left out in 1 file')
  })

  test('0 on --help, which leads with examples and names every rule', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('\n\nExamples:\n')
    expect(stdout).toContain('prefill-rejected')
  })
})
