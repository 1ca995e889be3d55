import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type {
  WireAct,
  WireHealth,
  WireIncident,
  WireIncidentList,
} from '../../../analyzer/api/wire.ts'
import { failedRequest } from '../../support/failed-request.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { type AnalyzerProcess, startAnalyzerProcess } from './analyzer-process.ts'
import { saltedFolder } from './kill-runs.ts'

/** An act that was answered is a promise (invariant I7's spirit): nothing could make it again. */

const KILLS = 6

async function sendFailure(analyzer: AnalyzerProcess): Promise<string> {
  const response = await fetch(`${analyzer.otlpHttpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Uint8Array.from(failedRequest()),
  })
  expect(response.status).toBe(200)
  return waitUntil(async () => {
    const { incidents } = await analyzer.api<WireIncidentList>('incidents')
    return incidents[0]?.id ?? false
  }, 'an incident')
}

interface Posted {
  readonly id: string
  readonly key?: string
}

function post(analyzer: AnalyzerProcess, { id, key }: Posted, act: WireAct): Promise<Response> {
  return fetch(`${analyzer.pageUrl}/api/v1/incidents/${id}/acts`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify(act),
  })
}

async function notesOf(analyzer: AnalyzerProcess, id: string): Promise<readonly (string | null)[]> {
  const { history } = await waitUntil(
    () => analyzer.find<WireIncident>(`incidents/${id}`),
    'the incident is derived',
  )
  return history.filter(({ kind }) => kind === 'noted').map(({ note }) => note)
}

test('whatever was answered is there after kill -9, as often as that comes', async () => {
  const dataDir = saltedFolder()
  let analyzer = await startAnalyzerProcess({ dataDir })
  const id = await sendFailure(analyzer)
  const answered: string[] = []
  for (let kill = 0; kill < KILLS; kill += 1) {
    const notes = Array.from({ length: 5 }, (_, index) => `${kill}.${index}`)
    const sent = notes.map(async (note) => {
      const response = await post(analyzer, { id }, { kind: 'note', by: 'ana', note })
      if (response.status === 200) answered.push(note)
    })
    // Killed as soon as one of them is answered: the others may be there, or not.
    // oxlint-disable-next-line no-await-in-loop -- one death after the other
    await Promise.race(sent)
    // oxlint-disable-next-line no-await-in-loop
    await analyzer.kill()
    // oxlint-disable-next-line no-await-in-loop
    await Promise.allSettled(sent)
    // Half of the time its verdicts are derived anew: states do not rest on that file.
    if (kill % 2 === 0) {
      for (const suffix of ['', '-wal', '-shm']) {
        rmSync(join(dataDir, `verdicts.db${suffix}`), { force: true })
      }
    }
    // oxlint-disable-next-line no-await-in-loop
    analyzer = await startAnalyzerProcess({ dataDir })
    // oxlint-disable-next-line no-await-in-loop
    expect(await notesOf(analyzer, id)).toEqual(expect.arrayContaining(answered))
  }
  expect(answered.length).toBeGreaterThanOrEqual(KILLS)
}, 120_000)

test('what is sent again after kill -9 under its key is there once, answered before or not', async () => {
  const dataDir = saltedFolder()
  let analyzer = await startAnalyzerProcess({ dataDir })
  const id = await sendFailure(analyzer)
  const all: string[] = []
  for (let kill = 0; kill < KILLS; kill += 1) {
    const said = Array.from({ length: 5 }, (_, index) => `${kill}.${index}`)
    all.push(...said)
    const sendAll = (to: AnalyzerProcess) =>
      said.map((note) => post(to, { id, key: `note-${note}` }, { kind: 'note', by: 'ana', note }))
    const sent = sendAll(analyzer)
    // Killed as soon as one of them is answered: of the others nobody knows.
    // oxlint-disable-next-line no-await-in-loop -- one death after the other
    await Promise.race(sent)
    // oxlint-disable-next-line no-await-in-loop
    await analyzer.kill()
    // oxlint-disable-next-line no-await-in-loop
    await Promise.allSettled(sent)
    // oxlint-disable-next-line no-await-in-loop
    analyzer = await startAnalyzerProcess({ dataDir })
    // oxlint-disable-next-line no-await-in-loop
    const again = await Promise.all(sendAll(analyzer))
    expect(again.map(({ status }) => status)).toEqual(said.map(() => 200))
    // oxlint-disable-next-line no-await-in-loop
    const notes = await notesOf(analyzer, id)
    expect([notes.length, new Set(notes)]).toEqual([all.length, new Set(all)])
  }
}, 120_000)

test('where the file of acts is gone that is said, spans are taken, and acts are kept again', async () => {
  const dataDir = saltedFolder()
  const before = await startAnalyzerProcess({ dataDir })
  const id = await sendFailure(before)
  expect((await post(before, { id }, { kind: 'resolve', by: 'ana' })).status).toBe(200)
  await before.kill()
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(join(dataDir, `acts.db${suffix}`), { force: true })
  }
  const analyzer = await startAnalyzerProcess({ dataDir })
  expect(analyzer.log()).toContain('acts.db was removed: there were up to 1 acts')
  const health = await analyzer.api<WireHealth>('health')
  expect(health.acts.losses).toMatchObject([{ how: 'missing', saved: 0 }])
  expect((await analyzer.api<WireIncident>(`incidents/${id}`)).state).toBe('open')
  expect((await post(analyzer, { id }, { kind: 'acknowledge', by: 'ana' })).status).toBe(200)
}, 120_000)
