import { rmSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import type {
  WireHealth,
  WireIncident,
  WireIncidentList,
} from '../../../../../analyzer/api/wire.ts'
import { openStore } from '../../../../../analyzer/store/open-store.ts'
import { ACTS_MIGRATIONS } from '../../../../../analyzer/store/sqlite/acts/acts-schema.ts'
import { WIDE_LIMITS } from '../../../../support/open-test-store.ts'
import { runAnalyzer } from '../../../../support/running-analyzer.ts'
import { readDataFolderFact, unpackDataFolder } from '../../../../support/unpack-data-folder.ts'
import { waitUntil } from '../../../../support/wait-until.ts'

// What people did under an older schema is still there under this one: nothing could make it again.

interface Told {
  readonly killedAt: number
  readonly incidents: readonly Pick<WireIncident, 'id' | 'route' | 'state' | 'history'>[]
}

const told = readDataFolderFact('0.2.0-dev', 'told.json') as Told

function open(path: string) {
  const logged: string[] = []
  const environment = { now: () => told.killedAt, log: (line: string) => void logged.push(line) }
  const store = openStore({ path, limits: WIDE_LIMITS }, environment)
  const verdicts = store.openVerdicts()
  const acts = store.openActs(verdicts.actsUpTo())
  const close = (): void => {
    verdicts.close()
    acts.close()
  }
  onTestFinished(close)
  return { acts, logged, close }
}

/** In the order of the history, as far as people made it. */
const actsTold = ({ history }: Told['incidents'][number]) =>
  history.flatMap(({ at, by, note }) => (by === null ? [] : [[Date.parse(at), by, note]]))

test('a file of acts of the second schema is taken over without a loss, and takes what is new', () => {
  const path = unpackDataFolder('0.2.0-dev')
  const { acts, logged, close } = open(path)
  expect(told.incidents.map(({ state }) => state)).toEqual([
    'acknowledged',
    'regressed',
    'muted',
    'muted',
    'open',
  ])
  for (const incident of told.incidents) {
    const kept = acts.actsOf(incident.id).map(({ atMs, by, note }) => [atMs, by, note ?? null])
    expect(kept).toEqual(actsTold(incident))
  }
  expect(acts.lastId()).toBe(7)
  expect(acts.configReadings()).toHaveLength(2)
  expect([acts.health(), logged]).toEqual([{ trouble: undefined, losses: [] }, []])
  const [first] = told.incidents
  const note = { kind: 'note', atMs: told.killedAt, by: 'ana', note: 'n' } as const
  const answer = { key: 'k', digest: 'd' }
  expect(acts.append(first?.id ?? '', note, answer)).toEqual({ kind: 'kept', lastId: 8 })
  close()
  const again = open(path)
  expect(again.acts.answerTo('k')).toEqual({ digest: 'd' })
  expect(again.acts.actsOf(first?.id ?? '')).toHaveLength(2)
  const database = new Database(join(path, 'acts.db'), { readonly: true })
  expect(database.pragma('user_version', { simple: true })).toBe(ACTS_MIGRATIONS.length)
  database.close()
})

test('an analyzer that starts on it derives the same incidents, and none is called former', async () => {
  const dataDir = unpackDataFolder('0.2.0-dev')
  for (const suffix of ['', '-wal']) rmSync(join(dataDir, `verdicts.db${suffix}`))
  const { api } = await runAnalyzer({ dataDir })
  const { incidents } = await waitUntil(async () => {
    const list = await api<WireIncidentList>('incidents')
    expect(list.former).toEqual([])
    return !list.deriving && list.incidents.length === told.incidents.length && list
  }, 'its incidents')
  expect(new Set(incidents.map(({ id }) => id))).toEqual(
    new Set(told.incidents.map(({ id }) => id)),
  )
  expect((await api<WireHealth>('health')).acts).toMatchObject({ losses: [], why: null })
  for (const { id, history } of told.incidents) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const now = await api<WireIncident>(`incidents/${id}`)
    // Mutes have ended since; what was seen and done is as it was.
    expect(now.history.slice(0, history.length)).toEqual(history)
  }
})
