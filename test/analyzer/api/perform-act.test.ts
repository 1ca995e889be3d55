import { once } from 'node:events'
import { connect } from 'node:net'

import { expect, test } from 'vitest'

import type {
  WireAct,
  WireHealth,
  WireIncident,
  WireIncidentList,
  WireProblem,
} from '../../../analyzer/api/wire.ts'
import { failedRequest } from '../../support/failed-request.ts'
import { runAnalyzer } from '../../support/running-analyzer.ts'
import { waitUntil } from '../../support/wait-until.ts'

/** A browser, a proxy or a person may send an act again when its answer was lost. */

async function withIncidents(count = 1) {
  const analyzer = await runAnalyzer()
  for (let index = 0; index < count; index += 1) {
    // oxlint-disable-next-line no-await-in-loop -- in their order
    await analyzer.send(failedRequest({ trace: `a${index}`, route: `route-${index}` }))
  }
  const { incidents } = await waitUntil(async () => {
    const { requestsPending } = await analyzer.api<WireHealth>('health')
    const list = await analyzer.api<WireIncidentList>('incidents')
    return requestsPending === 0 && list.incidents.length === count && list
  }, 'incidents')
  const ids = incidents.map(({ id }) => id)
  const [first = ''] = ids
  const post = (act: WireAct, key?: string, id = first): Promise<Response> =>
    fetch(`${analyzer.pageUrl}/api/v1/incidents/${id}/acts`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: JSON.stringify(act),
    })
  const read = (): Promise<WireIncident> => analyzer.api<WireIncident>(`incidents/${first}`)
  const kinds = async (): Promise<readonly string[]> =>
    (await read()).history.map(({ kind }) => kind)
  return { analyzer, ids, post, read, kinds }
}

const NOTE = { kind: 'note', by: 'ana', note: 'the key has expired' } as const

async function told(answer: Promise<Response>): Promise<readonly [number, string]> {
  const response = await answer
  const { detail } = (await response.json()) as WireProblem
  return [response.status, detail]
}

test('the same act under the same key is done once and answered again, with the incident as it is', async () => {
  const { post, kinds } = await withIncidents()
  expect((await post(NOTE, 'one')).status).toBe(200)
  await post({ kind: 'resolve', by: 'bo' })
  const again = await post(NOTE, 'one')
  expect(again.status).toBe(200)
  expect(((await again.json()) as WireIncident).state).toBe('resolved')
  // In quotes or not, it is the same key.
  expect((await post(NOTE, '"one"')).status).toBe(200)
  expect(await kinds()).toEqual(['opened', 'noted', 'resolved'])
  // Who names no key, or another one, says the same twice.
  await post(NOTE)
  await post(NOTE)
  await post(NOTE, 'two')
  expect((await kinds()).filter((kind) => kind === 'noted')).toHaveLength(4)
})

test('ten of one key at once are one act, and each of them is answered', async () => {
  const { post, kinds } = await withIncidents()
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(NOTE, 'at-once')))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
  expect(await kinds()).toEqual(['opened', 'noted'])
})

test('what was cut before its answer came is done once when it is sent again', async () => {
  const { analyzer, ids, post, kinds } = await withIncidents()
  const { hostname, port, host } = new URL(analyzer.pageUrl)
  const body = JSON.stringify(NOTE)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write(
    [
      `POST /api/v1/incidents/${ids[0] ?? ''}/acts HTTP/1.1`,
      `Host: ${host}`,
      'Content-Type: application/json',
      'Idempotency-Key: "cut"',
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n'),
  )
  await waitUntil(async () => (await kinds()).includes('noted'), 'it is kept')
  socket.destroy()
  expect((await post(NOTE, 'cut')).status).toBe(200)
  expect(await kinds()).toEqual(['opened', 'noted'])
})

test('another act under a key that was used is refused, and nothing is done', async () => {
  const { ids, post, kinds } = await withIncidents(2)
  await post(NOTE, 'one')
  const why = 'Another act came under this Idempotency-Key before.'
  expect(await told(post({ ...NOTE, note: 'other words' }, 'one'))).toEqual([422, why])
  expect(await told(post({ ...NOTE, by: 'bo' }, 'one'))).toEqual([422, why])
  expect(await told(post({ kind: 'resolve', by: 'ana' }, 'one'))).toEqual([422, why])
  expect(await told(post(NOTE, 'one', ids[1] ?? ''))).toEqual([422, why])
  expect(await kinds()).toEqual(['opened', 'noted'])
  const [status, detail] = await told(post(NOTE, 'no key'))
  expect([status, detail]).toEqual([400, expect.stringContaining('Idempotency-Key must be')])
})

test('a mute that is over is answered again under its key, and is refused where it is new', async () => {
  const { post, kinds } = await withIncidents()
  const mute = {
    kind: 'mute',
    by: 'ana',
    until: new Date(Date.now() + 1500).toISOString(),
  } as const
  expect((await post(mute, 'short')).status).toBe(200)
  await waitUntil(async () => (await kinds()).includes('mute-ended'), 'its end')
  const again = await post(mute, 'short')
  expect(again.status).toBe(200)
  expect(((await again.json()) as WireIncident).state).toBe('open')
  expect(await told(post(mute, 'new'))).toEqual([400, 'until must be in the future'])
  const late = { ...mute, until: '2999-03-04T05:06:07Z' }
  expect(await told(post(late))).toEqual([400, expect.stringContaining('within a year')])
  // Nothing was done under that key: it is free for an act that can be.
  expect((await post({ kind: 'mute', by: 'ana' }, 'new')).status).toBe(200)
})

test('an act that had nothing to change does not change what somebody did since', async () => {
  const { post, kinds } = await withIncidents()
  await post({ kind: 'resolve', by: 'bo' })
  expect((await post({ kind: 'resolve', by: 'ana' }, 'late')).status).toBe(200)
  await post({ kind: 'reopen', by: 'eve' })
  const again = await post({ kind: 'resolve', by: 'ana' }, 'late')
  expect(((await again.json()) as WireIncident).state).toBe('open')
  expect(await kinds()).toEqual(['opened', 'resolved', 'reopened'])
})

test('what was refused stays refused under its key, and is done under another', async () => {
  const { ids, post, read } = await withIncidents()
  const acknowledge = { kind: 'acknowledge', by: 'ana' } as const
  await post({ kind: 'resolve', by: 'bo' })
  const refused = [409, `${ids[0] ?? ''}: it is resolved; reopen it first.`]
  expect(await told(post(acknowledge, 'early'))).toEqual(refused)
  await post({ kind: 'reopen', by: 'bo' })
  expect(await told(post(acknowledge, 'early'))).toEqual(refused)
  expect((await read()).state).toBe('open')
  expect((await post(acknowledge, 'anew')).status).toBe(200)
})
