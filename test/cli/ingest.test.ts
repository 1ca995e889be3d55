import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { expect, onTestFinished, test } from 'vitest'

import type { Span } from '../../analyzer/story/span.ts'
import { freshSpan, shareAnalyzer } from '../support/otlp-target.ts'
import { FILE_FORMATS, jsonLines } from '../support/otlp-files.ts'
import { jsonRequest, protobufRequest } from '../support/otlp.ts'
import { runAnalyzer } from '../support/running-analyzer.ts'
import { runCommand, type Ended } from '../support/start-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

const MIB = 1024 * 1024
const target = shareAnalyzer({ config: 'analyzer: { ingest: { body_mib: 1, queue_mib: 8 } }\n' })

const freshSpans = (count: number): readonly Span[] =>
  Array.from({ length: count }, () => freshSpan())

function fileOf(bytes: string | Uint8Array, name = 'traces'): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, bytes)
  return path
}

function ingest(args: readonly string[], stdin?: Uint8Array): Promise<Ended> {
  const to = args.includes('--to') || args.includes('--dry-run') ? [] : ['--to', target().httpUrl]
  return runCommand(['ingest', ...to, ...args], stdin === undefined ? {} : { stdin })
}

async function expectStored(spans: readonly Span[]): Promise<void> {
  const stored = await Promise.all(
    spans.map(({ traceId }) =>
      waitUntil(async () => {
        const found = await target().stored(traceId)
        return found.length > 0 && found
      }, `the span of trace ${traceId}`),
    ),
  )
  expect(stored.map((found) => found.map(({ spanId }) => spanId))).toEqual(
    spans.map(({ spanId }) => [spanId]),
  )
}

test('every form of file is told by its content and arrives whole, plain and gzip', async () => {
  const files = FILE_FORMATS.flatMap(([name, write]) =>
    [(bytes: Buffer) => bytes, gzipSync].map((pack) => {
      const spans = freshSpans(3)
      return { name, spans, path: fileOf(pack(write(spans))) }
    }),
  )
  const ended = await ingest(files.map(({ path }) => path))
  expect(ended).toEqual({
    exitCode: 0,
    stdout: [
      ...files.map(({ path }) => `${path}: 3 spans accepted\n`),
      `${files.length} files: ${3 * files.length} spans accepted\n`,
    ].join(''),
    stderr: '',
  })
  await expectStored(files.flatMap(({ spans }) => spans))
})

test('stdin is read with -, and --json is one document', async () => {
  const spans = freshSpans(5)
  const { exitCode, stdout } = await ingest(['--json', '-'], gzipSync(jsonLines(spans)))
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    dryRun: false,
    to: `${target().httpUrl}/v1/traces`,
    accepted: 5,
    rejected: 0,
    problems: 0,
    files: [
      {
        file: '-',
        format: 'OTLP JSON, one document per line',
        accepted: 5,
        rejected: 0,
        rejectedReasons: {},
        problemCount: 0,
        problems: [],
      },
    ],
  })
  await expectStored(spans)
})

test('a file of many batches arrives whole', async () => {
  const spans = freshSpans(20_000)
  const { exitCode, stdout } = await ingest([fileOf(protobufRequest(spans))])
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('20,000 spans accepted')])
  await expectStored([...spans.slice(0, 3), ...spans.slice(-3)])
})

test('bad lines are named and cost no good one', async () => {
  const [first, second, third] = freshSpans(3).map((span) => jsonLines([span]))
  const spans = freshSpans(1)
  const lines = [
    first,
    'this is no JSON\n',
    second?.replace('\n', '').slice(0, -20) ?? '',
    '\n',
    '{"resourceLogs":[]}\n',
    '\n',
    '{"resource_spans":[]}\n',
    third,
    jsonLines(spans),
  ]
  const path = fileOf(lines.join(''))
  const { exitCode, stdout, stderr } = await ingest([path])
  expect(exitCode).toBe(5)
  expect(stdout).toBe(`${path}: 3 spans accepted, 4 parts unreadable\n`)
  expect(stderr.trimEnd().split('\n')).toEqual([
    `secondwind ingest: ${path}: line 2: expected OTLP traces, {"resourceSpans": [...]}`,
    `secondwind ingest: ${path}: line 3: it ends in the middle of a document; what stood before is used`,
    `secondwind ingest: ${path}: line 4: these are logs, not traces`,
    `secondwind ingest: ${path}: line 6: OTLP/JSON keys are lowerCamelCase: resourceSpans, not resource_spans`,
  ])
  await expectStored(spans)
})

test('spans that the analyzer rejects are counted by reason', async () => {
  const good = freshSpans(2)
  const bad = [freshSpan({ traceId: '' }), freshSpan({ spanId: '' }), freshSpan({ spanId: '' })]
  const path = fileOf(jsonLines([...good, ...bad]))
  const { exitCode, stdout } = await ingest([path])
  expect(exitCode).toBe(6)
  expect(stdout).toBe(
    `${path}: 2 spans accepted, 3 spans rejected (trace-id-invalid: 1, span-id-invalid: 2)\n`,
  )
  await expectStored(good)
})

test('below several files stands what became of them together', async () => {
  const [good, ...others] = freshSpans(3)
  const rejected = [freshSpan({ traceId: '' }), freshSpan({ spanId: '' })]
  const paths = [
    fileOf(jsonLines([...(good === undefined ? [] : [good]), ...rejected])),
    fileOf(`${jsonLines([...others, freshSpan({ spanId: '' })])}this is no JSON\n`),
    join(temporaryFolder(), 'missing.jsonl'),
  ]
  const { exitCode, stdout } = await ingest(paths)
  expect(exitCode).toBe(5)
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(
    '3 files: 3 spans accepted, 3 spans rejected (trace-id-invalid: 1, span-id-invalid: 2), 2 parts unreadable, 1 of the files not read',
  )
})

test.each([
  ['JSON', (spans: readonly Span[]) => Buffer.from(JSON.stringify(jsonRequest(spans)))],
  ['protobuf', protobufRequest],
])('one span that is too large takes no other with it: %s', async (_, write) => {
  const good = freshSpans(40)
  const large = freshSpan({ attributes: { note: 'x'.repeat(2 * MIB) } })
  const path = fileOf(write([...good.slice(0, 20), large, ...good.slice(20)]))
  const { exitCode, stdout } = await ingest(['--json', path])
  expect(exitCode).toBe(6)
  expect(JSON.parse(stdout)).toMatchObject({ accepted: 40, rejected: 1 })
  expect(stdout).toContain('is larger than 1048576 bytes')
  await expectStored(good)
})

test('gzip that is damaged is used up to there', async () => {
  const spans = freshSpans(2000)
  const path = fileOf(gzipSync(jsonLines(spans)).subarray(0, -5000), 'cut.jsonl.gz')
  const { exitCode, stdout, stderr } = await ingest([path])
  expect(exitCode).toBe(5)
  expect(stderr).toContain(`${path}: the gzip is damaged or cut off`)
  expect(Number(/: ([\d,]+) spans accepted/u.exec(stdout)?.[1]?.replace(',', ''))).toBeGreaterThan(
    100,
  )
  await expectStored(spans.slice(0, 100))
})

test.each([
  ['a file that is not there', () => '/nowhere/traces.json', 'there is no such file'],
  ['a folder', () => temporaryFolder(), 'it is a directory; name the files in it'],
  ['an empty file', () => fileOf(''), 'it is empty'],
  ['text', () => fileOf('hello'), 'expected OTLP traces'],
  ['zstd', () => fileOf(Buffer.from('28b52ffd2400', 'hex')), 'unpack it with zstd -d'],
])('%s is named, and the files after it are sent', async (_, pathOf, message) => {
  const [spans, path] = [freshSpans(1), pathOf()]
  const { exitCode, stdout, stderr } = await ingest([path, fileOf(jsonLines(spans))])
  expect(exitCode).toBe(5)
  expect(stdout).toContain(`${path}: not read\n`)
  expect(stderr).toContain(`secondwind ingest: ${path}: `)
  expect(stderr).toContain(message)
  await expectStored(spans)
})

test('a dry run sends nothing and says what would be accepted', async () => {
  const spans = [...freshSpans(2), freshSpan({ traceId: '' })]
  const { exitCode, stdout } = await ingest(['--dry-run', fileOf(jsonLines(spans), 'a.jsonl')])
  expect(exitCode).toBe(6)
  expect(stdout).toMatch(/: 2 spans would be accepted, 1 span rejected \(trace-id-invalid: 1\)\n$/u)
  expect(await target().stored(spans[0]?.traceId ?? '')).toEqual([])
})

test.each([
  ['no file', []],
  ['stdin twice', ['-', '-']],
  ['an option that is none', ['--tow', 'x', 'file']],
  ['an address that is none', ['--to', 'localhost:4318', 'file']],
  ['a secret in the address', ['--to', 'http://me:secret@localhost:4318', 'file']],
])('%s is a mistake of usage', async (_, args) => {
  const { exitCode, stdout, stderr } = await ingest(args)
  expect([exitCode, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/\[USAGE\]\n {2}hint: \S/u)
  expect(stderr).not.toContain('secret@')
})

const later =
  (status: number) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'retry-after': '0' }).end()
  }
const cut = (response: ServerResponse): void => {
  response.destroy()
}
const refuse = (response: ServerResponse): void => {
  // A receiver's words must not steer a terminal.
  const message = '\u001B[2Jnot this'
  response
    .writeHead(400, { 'content-type': 'application/json' })
    .end(JSON.stringify({ code: 3, message }))
}
const page = (response: ServerResponse): void => {
  response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html>')
}

/** A receiver that does as it is told, request by request, and then takes everything. */
async function receiver(behaviours: readonly ((response: ServerResponse) => void)[]) {
  const taken: string[] = []
  const left = [...behaviours]
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const behave = left.shift()
      if (behave === undefined) {
        taken.push(Buffer.concat(chunks).toString())
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      } else behave(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, taken, left }
}

test('while the receiver asks for that, the same is sent again, and each span once', async () => {
  const { url, taken, left } = await receiver([later(429), later(503), later(502), later(504), cut])
  // The first answer shows that somebody is there; what is cut after it is sent again.
  const spans = freshSpans(3)
  const { exitCode, stdout } = await ingest(['--to', url, fileOf(jsonLines(spans))])
  expect([exitCode, left.length]).toEqual([0, 0])
  expect(stdout).toContain('3 spans accepted')
  expect(taken).toHaveLength(1)
  for (const { spanId } of spans) expect(taken[0]?.split(spanId)).toHaveLength(2)
})

test('what is not asked for again is not sent again: 400 for one span of many', async () => {
  const { url, taken } = await receiver([refuse, refuse])
  const { exitCode, stdout } = await ingest(['--to', url, fileOf(jsonLines(freshSpans(2)))])
  expect(exitCode).toBe(6)
  expect(stdout).toMatch(/1 span accepted, 1 span rejected \(\[2Jnot this \(HTTP 400\): 1\)/u)
  expect(taken).toHaveLength(1)
})

test('nobody at the address is told at once, with what to do', async () => {
  const { url } = await receiver([])
  const closed = new URL(url)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  closed.port = String((server.address() as AddressInfo).port)
  server.close()
  await once(server, 'close')
  const ended = await ingest(['--to', closed.href, fileOf(jsonLines(freshSpans(1)))])
  expect(ended.exitCode).toBe(4)
  expect(ended.stderr).toContain('cannot be reached: nobody listens there [RECEIVER_UNREACHABLE]')
  expect(ended.stderr).toContain('secondwind analyzer')
})

test('a token is asked for, taken from a file, and never shown', async () => {
  const folder = temporaryFolder()
  const authTokenFile = join(folder, 'token')
  writeFileSync(authTokenFile, 'the-secret-token\n')
  const { otlpHttpUrl } = await runAnalyzer({ authTokenFile })
  const path = fileOf(jsonLines(freshSpans(2)))
  const without = await ingest(['--to', otlpHttpUrl, path])
  expect(without.exitCode).toBe(4)
  expect(without.stderr).toContain('--token-file')
  const withToken = await ingest(['--to', otlpHttpUrl, '--token-file', authTokenFile, path])
  expect(withToken.exitCode).toBe(0)
  expect(JSON.stringify([without, withToken])).not.toContain('the-secret-token')
  const unusable = await ingest(['--token-file', join(folder, 'none'), path])
  expect([unusable.exitCode, unusable.stderr]).toEqual([3, expect.stringContaining('--token-file')])
})

test('another server is told apart from an analyzer', async () => {
  const { url } = await receiver([page])
  const { exitCode, stderr } = await ingest(['--to', url, fileOf(jsonLines(freshSpans(1)))])
  expect(exitCode).toBe(4)
  expect(stderr).toContain('<!doctype html> (HTTP 404) [RECEIVER_REFUSES]')
})
