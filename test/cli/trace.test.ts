import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import type { WireHealth, WireRequestList, WireTrace } from '../../analyzer/api/wire.ts'
import { runAnalyzer } from '../support/running-analyzer.ts'
import { runCommand } from '../support/start-command.ts'
import { waitUntil } from '../support/wait-until.ts'

const RECORDINGS = new URL('../../demo/recordings/', import.meta.url)

function recorded(): Buffer {
  const manifest = JSON.parse(
    readFileSync(new URL('manifest.json', RECORDINGS), 'utf8'),
  ) as readonly { readonly file: string; readonly expected: { readonly must: readonly string[] } }[]
  const one = manifest.find(({ expected }) => expected.must.includes('prefill-rejected'))
  return readFileSync(fileURLToPath(new URL(one?.file ?? '', RECORDINGS)))
}

test('a trace is shown with what came of its request, its attempts and its spans', async () => {
  const analyzer = await runAnalyzer()
  await analyzer.send(recorded(), {
    'content-type': 'application/json',
    'content-encoding': 'gzip',
  })
  const { requests } = await waitUntil(async () => {
    const { requestsPending } = await analyzer.api<WireHealth>('health')
    const list = await analyzer.api<WireRequestList>('requests')
    return requestsPending === 0 && list.requests.length > 0 && list
  }, 'a request')
  const [request] = requests
  const id = request?.traceId ?? ''
  const run = (...args: readonly string[]) =>
    runCommand(['trace', ...args, '--url', analyzer.pageUrl])
  const shown = await run(id.slice(0, 10))
  expect([shown.exitCode, shown.stderr]).toEqual([0, ''])
  expect(shown.stdout).toContain(`trace ${id}: `)
  expect(shown.stdout).toContain('failed chat')
  expect(shown.stdout).toContain('  1 initial ')
  expect(shown.stdout).toContain('prefill-rejected (high, ')
  expect(shown.stdout).toContain('  client: ')
  expect(shown.stdout).toMatch(/█.*\[.*attempt \d (?:initial|fallback) /u)
  const attempts = await run(id, '--attempts')
  expect(attempts.stdout).toContain('  1 initial ')
  expect(attempts.stdout).not.toContain('█')
  const json = await run(id, '--json')
  const trace = await analyzer.api<WireTrace>(`traces/${id}`)
  expect(JSON.parse(json.stdout)).toEqual(trace)
  const short = await run(id, '--json', '--attempts')
  expect(Object.keys(JSON.parse(short.stdout) as object)).toEqual([
    'schemaVersion',
    'traceId',
    'requests',
  ])
  for (const [code, says, args] of [
    [1, 'no request is in a trace', ['ffffffff']],
    [1, 'There is no trace', ['f'.repeat(32)]],
    [2, '8 to 32 of them', ['abc']],
    [2, 'expected the ID of a trace', []],
    [2, 'did not expect', [id, id]],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- a process each
    const { exitCode, stderr } = await run(...args)
    expect([args, exitCode, stderr]).toEqual([args, code, expect.stringContaining(says)])
  }
}, 60_000)

test('a request of which the spans do not tell is no clean one', async () => {
  const analyzer = await runAnalyzer()
  const file = new URL('meeting-minutes.otlp.json.gz', RECORDINGS)
  await analyzer.send(readFileSync(fileURLToPath(file)), {
    'content-type': 'application/json',
    'content-encoding': 'gzip',
  })
  const { requests } = await waitUntil(async () => {
    const { requestsPending } = await analyzer.api<WireHealth>('health')
    const list = await analyzer.api<WireRequestList>('requests?outcome=unknown')
    return requestsPending === 0 && list.requests.length > 0 && list
  }, 'a request without a verdict')
  const { stdout } = await runCommand([
    'trace',
    requests[0]?.traceId ?? '',
    '--url',
    analyzer.pageUrl,
  ])
  expect(stdout).toContain('no verdict: what became of it, its spans do not tell')
  expect(stdout).not.toContain('nothing was found to be wrong')
})
