import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type {
  WireAct,
  WireHealth,
  WireIncident,
  WireIncidentList,
  WireProblem,
} from '../../../analyzer/api/wire.ts'
import { SCOPE_NAME } from '../../../collector/vocabulary.ts'
import { failedRequest } from '../../support/failed-request.ts'
import { buildSpan, protobufRequest } from '../../support/otlp.ts'
import { runAnalyzer, type RunningAnalyzer } from '../../support/running-analyzer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitUntil } from '../../support/wait-until.ts'

const HOUR_MS = 3_600_000

async function settle({ api }: RunningAnalyzer): Promise<void> {
  await waitUntil(async () => {
    const { requestsPending, spansStored } = await api<WireHealth>('health')
    return spansStored > 0 && requestsPending === 0
  }, 'everything judged')
}

/** An analyzer with one incident, seen an hour ago. */
async function withIncident(options: Parameters<typeof runAnalyzer>[0] = {}) {
  const analyzer = await runAnalyzer(options)
  await analyzer.send(failedRequest({ atMs: Date.now() - HOUR_MS }))
  await settle(analyzer)
  const { incidents } = await analyzer.api<WireIncidentList>('incidents')
  const id = incidents[0]?.id ?? ''
  const post = (body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${analyzer.pageUrl}/api/v1/incidents/${id}/acts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
  const act = async (done: WireAct): Promise<WireIncident> => {
    const response = await post(JSON.stringify(done))
    expect([response.status, done.kind]).toEqual([200, done.kind])
    return (await response.json()) as WireIncident
  }
  return { analyzer, id, post, act }
}

const told = ({ history }: WireIncident) => history.map(({ kind, by, state }) => [kind, by, state])

test('what a person does is answered with the incident as it is then, and its history', async () => {
  const { analyzer, id, act } = await withIncident()
  const acknowledged = await act({ kind: 'acknowledge', by: 'ana' })
  expect(acknowledged).toMatchObject({ id, state: 'acknowledged', stateBy: 'ana' })
  await act({ kind: 'note', by: 'bo', note: 'The key has expired.\nRotated.' })
  const resolved = await act({ kind: 'resolve', by: 'ana', note: 'new key' })
  expect(told(resolved)).toEqual([
    ['opened', null, 'open'],
    ['acknowledged', 'ana', 'acknowledged'],
    ['noted', 'bo', 'acknowledged'],
    ['resolved', 'ana', 'resolved'],
  ])
  expect(resolved.history.map(({ note }) => note)).toEqual([
    null,
    null,
    'The key has expired.\nRotated.',
    'new key',
  ])
  expect(resolved.history[0]?.why).toBe('its first request that is known')
  const until = new Date(Date.now() + HOUR_MS).toISOString()
  const muted = await act({ kind: 'mute', by: 'ana', until })
  expect(muted).toMatchObject({ state: 'muted', mutedUntil: until })
  expect((await act({ kind: 'reopen', by: 'bo' })).state).toBe('open')
  expect((await analyzer.api<WireIncident>(`incidents/${id}`)).history).toHaveLength(6)
})

test('what would change nothing is answered as done, and not kept again', async () => {
  const { act } = await withIncident()
  await act({ kind: 'acknowledge', by: 'ana' })
  expect((await act({ kind: 'acknowledge', by: 'ana' })).history).toHaveLength(2)
  expect((await act({ kind: 'reopen', by: 'ana' })).state).toBe('open')
  expect((await act({ kind: 'reopen', by: 'ana' })).history).toHaveLength(3)
  // Words are worth keeping by themselves.
  const said = await act({ kind: 'reopen', by: 'ana', note: 'still there' })
  expect(said.history.at(-1)).toMatchObject({ kind: 'reopened', note: 'still there' })
})

test('a request that comes right after it was resolved is the old outage, and is counted', async () => {
  const { analyzer, id, act } = await withIncident()
  await act({ kind: 'resolve', by: 'ana' })
  await analyzer.send(failedRequest({ trace: 'b2' }))
  await settle(analyzer)
  const soon = await analyzer.api<WireIncident>(`incidents/${id}`)
  expect([soon.state, soon.count]).toEqual(['resolved', 2])
})

test('it is all there after a restart, and after verdicts are derived anew', async () => {
  const { analyzer, id, act } = await withIncident()
  const before = await act({ kind: 'acknowledge', by: 'ana' })
  await analyzer.stop()
  const again = await runAnalyzer({ dataDir: analyzer.dataDir })
  const after = await again.api<WireIncident>(`incidents/${id}`)
  expect([after.state, after.history]).toEqual(['acknowledged', before.history])
})

test('after verdicts were removed, nothing is called gone while they are derived anew', async () => {
  const { analyzer, id, act } = await withIncident()
  await act({ kind: 'note', by: 'ana', note: 'kept' })
  // Its request span never comes: it is waited for, and was before.
  const attempt = buildSpan({
    parentSpanId: 'f'.repeat(16),
    kind: 'client',
    scope: { name: SCOPE_NAME, version: '' },
  })
  await analyzer.send(protobufRequest([attempt]))
  await analyzer.stop()
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(join(analyzer.dataDir, `verdicts.db${suffix}`), { force: true })
  }
  // A trace is due two seconds after it came: until then its incident is still to come.
  const again = await runAnalyzer({ dataDir: analyzer.dataDir, settleMs: 2000 })
  const seen = new Set<string>()
  await waitUntil(async () => {
    const { incidents, former, deriving } = await again.api<WireIncidentList>('incidents')
    expect(former).toEqual([])
    const { lag } = await again.api<WireHealth>('health')
    seen.add(`${deriving} ${lag.derivingAnew} ${incidents.length}`)
    return incidents.length === 1 && !deriving
  }, 'it is there once more')
  expect([...seen].some((each) => each.startsWith('true true'))).toBe(true)
  const after = await again.api<WireIncident>(`incidents/${id}`)
  expect(after.history.at(-1)).toMatchObject({ kind: 'noted', note: 'kept' })
})

test('pages that listen are told', async () => {
  const { analyzer, act } = await withIncident()
  const stop = new AbortController()
  const live = await fetch(`${analyzer.pageUrl}/api/v1/live`, { signal: stop.signal })
  const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader()
  await act({ kind: 'acknowledge', by: 'ana' })
  let heard = ''
  while (!heard.includes('event: change')) {
    // oxlint-disable-next-line no-await-in-loop -- as it comes
    heard += (await reader?.read())?.value ?? ''
  }
  stop.abort()
  expect(heard).toContain('event: change')
})

test('what cannot be done, or is not understood, is told as problem details', async () => {
  const { analyzer, post, act } = await withIncident()
  await act({ kind: 'resolve', by: 'ana' })
  const valid = '{"kind":"acknowledge","by":"ana"}'
  const cases: readonly [status: number, says: string, answer: Promise<Response>][] = [
    [409, 'it is resolved; reopen it first', post(valid)],
    [400, 'kind must be one of', post('{"kind":"delete","by":"ana"}')],
    [400, 'by must say who', post('{"kind":"acknowledge"}')],
    [400, 'JSON', post('{"kind":')],
    [400, 'JSON object', post('[]')],
    [413, '', post(JSON.stringify({ kind: 'note', by: 'ana', note: 'x'.repeat(20_000) }))],
    [415, 'application/json', post(valid, { 'content-type': 'text/plain' })],
    [415, 'application/json', post(valid, { 'content-type': 'application/x-www-form-urlencoded' })],
    [403, 'not by another page', post(valid, { origin: 'https://evil.example' })],
    [403, 'not by another page', post(valid, { origin: 'null' })],
    [403, 'not by another page', post(valid, { 'sec-fetch-site': 'cross-site' })],
    [403, 'not by another page', post(valid, { 'sec-fetch-site': 'same-site' })],
  ]
  for (const [status, says, answer] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- they are on their way already
    const response = await answer
    // oxlint-disable-next-line no-await-in-loop
    const problem = (await response.json()) as WireProblem
    expect([response.status, problem.status]).toEqual([status, status])
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(problem.detail).toContain(says)
  }
  const at = (path: string, method: string): Promise<Response> =>
    fetch(`${analyzer.pageUrl}/api/v1/${path}`, {
      method,
      ...(method === 'GET' ? {} : { body: valid }),
      headers: { 'content-type': 'application/json' },
    })
  const known = 'incidents/inc-ffffffffffffffff/acts'
  expect((await at(known, 'POST')).status).toBe(404)
  expect((await at('incidents/nonsense/acts', 'POST')).status).toBe(400)
  const notPosted = await at(known, 'PUT')
  expect([notPosted.status, notPosted.headers.get('allow')]).toEqual([405, 'POST'])
  const elsewhere = await at('incidents', 'POST')
  expect([elsewhere.status, elsewhere.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('a password that a browser knows does not let another page act', async () => {
  const tokenFile = join(temporaryFolder(), 'token')
  writeFileSync(tokenFile, 'a-long-token\n')
  const { pageUrl } = await runAnalyzer({ authTokenFile: tokenFile })
  const post = async (headers: Readonly<Record<string, string>>): Promise<number> => {
    const response = await fetch(`${pageUrl}/api/v1/incidents/inc-${'0'.repeat(16)}/acts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"kind":"acknowledge","by":"ana"}',
    })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    return response.status
  }
  const authorization = `Basic ${Buffer.from('ana:a-long-token').toString('base64')}`
  expect(await post({})).toBe(401)
  expect(await post({ authorization, origin: 'https://evil.example' })).toBe(403)
  // Known, allowed, and not there.
  expect(await post({ authorization, origin: pageUrl })).toBe(404)
  const asked = await fetch(`${pageUrl}/api/v1/incidents/inc-${'0'.repeat(16)}/acts`, {
    method: 'OPTIONS',
    headers: { authorization, origin: 'https://evil.example' },
  })
  expect(asked.status).toBe(405)
})

test('its own page may act, under the name that the request has', async () => {
  const { analyzer, post } = await withIncident()
  const origin = analyzer.pageUrl
  const headers = { origin, 'sec-fetch-site': 'same-origin' }
  expect((await post('{"kind":"acknowledge","by":"ana"}', headers)).status).toBe(200)
})

test('the list is filtered by state, severity, rule, source and the start of an id', async () => {
  const { analyzer, id, act } = await withIncident()
  await analyzer.send(failedRequest({ trace: 'c3', route: 'gpt-primary' }))
  await settle(analyzer)
  await act({ kind: 'acknowledge', by: 'ana' })
  const ids = async (query: string): Promise<readonly string[]> =>
    (await analyzer.api<WireIncidentList>(`incidents?${query}`)).incidents.map(
      (incident) => incident.id,
    )
  const all = await ids('')
  const [other = ''] = all.filter((each) => each !== id)
  expect(all).toHaveLength(2)
  expect(await ids('state=acknowledged')).toEqual([id])
  expect(await ids('state=open,regressed')).toEqual([other])
  expect(await ids('state=resolved,muted')).toEqual([])
  expect(await ids('severity=medium')).toHaveLength(2)
  expect(await ids('severity=high')).toEqual([])
  expect(await ids('rule=failure-unclassified&source=default')).toHaveLength(2)
  expect(await ids('rule=prefill-rejected')).toEqual([])
  expect(await ids('source=nobody')).toEqual([])
  expect(await ids(`id=${id.slice(0, 9)}`)).toEqual([id])
  const list = await analyzer.api<WireIncidentList>('incidents?state=resolved')
  expect(list.states).toEqual({ open: 1, acknowledged: 1, resolved: 0, regressed: 0, muted: 0 })
  expect(list.cut).toBe(false)
  for (const query of ['state=closed', 'severity=low', 'rule=prefill', 'id=7f', 'id=inc-xyz']) {
    // oxlint-disable-next-line no-await-in-loop
    const response = await fetch(`${analyzer.pageUrl}/api/v1/incidents?${query}`)
    expect([query, response.status]).toEqual([query, 400])
  }
})
