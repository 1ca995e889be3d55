import { createServer, type IncomingMessage, type Server } from 'node:http'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { expect, onTestFinished, test } from 'vitest'

import type { WireHealth, WireIncident, WireIncidentList } from '../../analyzer/api/wire.ts'
import { failedRequest } from '../support/failed-request.ts'
import { runAnalyzer } from '../support/running-analyzer.ts'
import { runCommand } from '../support/start-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

/** The command as users run it, against an analyzer that runs. */

const AS_ANA = { environment: { USER: 'ana' } }

async function withIncidents(count = 1) {
  const analyzer = await runAnalyzer()
  for (let index = 0; index < count; index += 1) {
    // oxlint-disable-next-line no-await-in-loop -- in their order
    await analyzer.send(failedRequest({ trace: `a${index}`, route: `route-${index}` }))
  }
  const list = await waitUntil(async () => {
    const { requestsPending } = await analyzer.api<WireHealth>('health')
    const found = await analyzer.api<WireIncidentList>('incidents')
    return requestsPending === 0 && found.incidents.length === count && found
  }, 'incidents')
  const run = (...args: readonly string[]) =>
    runCommand(['incidents', ...args, '--url', analyzer.pageUrl], AS_ANA)
  return { analyzer, run, ids: list.incidents.map(({ id }) => id) }
}

test('an incident is listed, acknowledged, noted, muted, resolved and shown with all that was done', async () => {
  const { run, ids } = await withIncidents()
  const [id = ''] = ids
  const short = id.slice(0, 12)
  const listed = await run()
  expect(listed.exitCode).toBe(0)
  expect(listed.stdout).toContain(`${short}  open   medium        1`)
  expect(listed.stdout).toContain('default: route-0')
  expect(listed.stdout).toContain('incidents: 1 open\n')
  const acked = await run('ack', short, '--note', 'on it')
  expect([acked.stdout, acked.stderr, acked.exitCode]).toEqual([
    `${short} is acknowledged (was open): Failed, no class fits\n`,
    '',
    0,
  ])
  expect((await run('note', id, 'the key', 'has expired', '--as', 'bo')).exitCode).toBe(0)
  const muted = await run('mute', id.slice(4), '--for', '2h', '--json')
  const { mutedUntil, now } = JSON.parse(muted.stdout) as WireIncident
  const left = Date.parse(mutedUntil ?? '') - Date.parse(now)
  expect(left).toBeGreaterThan(2 * 3_600_000 - 60_000)
  expect((await run('list')).stdout).toBe(
    'nothing to show; --state all shows every state\nincidents: 1 muted\n',
  )
  expect((await run('reopen', id)).stdout).toContain('is open (was muted)')
  expect((await run('resolve', id)).stdout).toContain('is resolved (was open)')
  const shown = await run('show', id.slice(0, 6))
  expect(shown.stdout).toContain(`${id}  resolved`)
  expect(shown.stdout).toContain('What really failed')
  expect(shown.stdout).toContain('  acknowledged, ana\n      on it\n')
  expect(shown.stdout).toContain('  noted, bo\n      the key has expired\n')
  expect(shown.stdout).toMatch(/ {2}muted until \S+Z, ana\n/)
  expect(shown.stdout).toContain('opened, the analyzer: its first request')
  expect(shown.stdout).toContain('secondwind trace ')
  const json = await run('show', id, '--json')
  expect((JSON.parse(json.stdout) as WireIncident).history).toHaveLength(6)
}, 60_000)

test('a note is read from stdin', async () => {
  const { analyzer, ids } = await withIncidents()
  const { exitCode } = await runCommand(
    ['incidents', 'note', ids[0] ?? '', '-', '--as', 'ana', '--url', analyzer.pageUrl],
    { stdin: Buffer.from('line one\nline two\n') },
  )
  expect(exitCode).toBe(0)
  const { history } = await analyzer.api<WireIncident>(`incidents/${ids[0] ?? ''}`)
  expect(history.at(-1)?.note).toBe('line one\nline two')
})

test('an act whose answer was lost is sent once more, and is done once', async () => {
  const { analyzer, ids } = await withIncidents()
  const [id = ''] = ids
  const keys: (string | undefined)[] = []
  // Loses the first answer on its way back, as a network does.
  const proxy = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const answer = await relay(request, analyzer.pageUrl)
      if (request.method === 'POST') keys.push(request.headers['idempotency-key']?.toString())
      if (keys.length === 1) response.destroy()
      else response.setHeader('content-type', 'application/json').end(answer)
    }
    void pass()
  })
  const url = await listening(proxy)
  const noted = await runCommand(['incidents', 'note', id, 'found it', '--url', url], AS_ANA)
  expect([noted.exitCode, noted.stderr]).toEqual([0, ''])
  expect(keys).toHaveLength(2)
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/u)
  expect(keys[1]).toBe(keys[0])
  const { history } = await analyzer.api<WireIncident>(`incidents/${id}`)
  expect(history.map(({ kind }) => kind)).toEqual(['opened', 'noted'])
  // The next one is another.
  await runCommand(['incidents', 'note', id, 'found it', '--url', url], AS_ANA)
  expect(new Set(keys).size).toBe(2)
}, 30_000)

async function relay(request: IncomingMessage, to: string): Promise<string> {
  const body = request.method === 'POST' ? await text(request) : undefined
  const { 'content-type': type = '', 'idempotency-key': key = '' } = request.headers
  const response = await fetch(to + (request.url ?? ''), {
    ...(body !== undefined && {
      method: 'POST',
      body,
      headers: { 'content-type': type, 'idempotency-key': key.toString() },
    }),
  })
  return response.text()
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

test('what cannot be done says why, with the exit code that scripts test for', async () => {
  const { run, analyzer, ids } = await withIncidents(12)
  const [id = ''] = ids
  await run('resolve', id)
  const first = ids.map((each) => each[4] ?? '')
  const shared = first.find((digit, index) => first.indexOf(digit) !== index) ?? ''
  const cases: readonly (readonly [code: number, says: string, args: readonly string[]])[] = [
    [1, 'it is resolved; reopen it first. [ACT_REFUSED]', ['ack', id]],
    [1, 'no incident has an ID that begins with inc-ffffffff', ['ack', 'ffffffff']],
    [2, 'incidents [USAGE]', ['ack', shared]],
    [2, 'expected the ID of an incident', ['ack']],
    [2, 'found "the other one"', ['show', 'the other one']],
    [2, 'there is no action "close"', ['close', id]],
    [2, 'expected a text', ['note', id]],
    [2, 'expected an age such as', ['mute', id, '--for', 'ever']],
    [2, 'both given', ['mute', id, '--for', '1h', '--until', '2030-01-01T00:00:00Z']],
    [2, 'until must be a time', ['mute', id, '--until', 'tomorrow']],
    [2, 'state must be of', ['list', '--state', 'closed']],
    [2, 'did you mean "prefill-rejected"?', ['list', '--rule', 'prefil-rejected']],
    [2, 'severity must be of high, medium', ['list', '--severity', 'hihg']],
    [2, 'never opens an incident', ['list', '--severity', 'info']],
    [1, 'knows no source "defualt" [NOT_FOUND]', ['list', '--source', 'defualt']],
    [1, 'did you mean "default"?', ['list', '--source', 'defualt', '--json']],
    [2, 'by must say who', ['ack', ids[1] ?? '', '--as', 'x'.repeat(200)]],
  ]
  for (const [code, says, args] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- a process each
    const { exitCode, stderr, stdout } = await run(...args)
    expect([args, exitCode, stdout]).toEqual([args, code, ''])
    expect(stderr).toContain(says)
  }
  const nobody = await runCommand(['incidents', 'ack', id, '--url', analyzer.pageUrl])
  expect(nobody.exitCode).toBe(2)
  expect(nobody.stderr).toContain('--as NAME')
}, 60_000)

test('an analyzer with a token is asked with it', async () => {
  const folder = temporaryFolder()
  const token = join(folder, 'token')
  writeFileSync(token, 'a-long-token\n')
  const { pageUrl } = await runAnalyzer({ authTokenFile: token })
  const without = await runCommand(['incidents', '--url', pageUrl])
  expect([without.exitCode, without.stderr]).toEqual([
    4,
    expect.stringContaining('--auth-token-file FILE'),
  ])
  const withToken = ['incidents', '--url', pageUrl, '--auth-token-file', token]
  expect((await runCommand(withToken)).exitCode).toBe(0)
  const unreadable = ['incidents', '--url', pageUrl, '--auth-token-file', join(folder, 'none')]
  const { exitCode, stderr } = await runCommand(unreadable)
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('--auth-token-file')])
})

test('nobody there, another server, and an address that is none are told apart', async () => {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<html>')
  })
  const url = await listening(server)
  const other = await runCommand(['incidents', '--url', url])
  expect([other.exitCode, other.stderr]).toEqual([4, expect.stringContaining('no analyzer')])
  server.close()
  server.closeAllConnections()
  const gone = await runCommand(['incidents', '--url', url])
  expect([gone.exitCode, gone.stderr]).toEqual([
    4,
    expect.stringContaining('nobody listens there [API_UNREACHABLE]'),
  ])
  for (const odd of ['ftp://x', 'localhost', 'http://ana:secret@localhost']) {
    // oxlint-disable-next-line no-await-in-loop -- a process each
    const { exitCode, stderr } = await runCommand(['incidents', '--url', odd])
    expect([odd, exitCode, stderr]).toEqual([odd, 2, expect.stringContaining('--url')])
    expect(stderr).not.toContain('secret')
  }
}, 30_000)
