import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import type { WireTrace } from '../../analyzer/api/wire.ts'
import { openStore } from '../../analyzer/store/open-store.ts'
import { WIDE_LIMITS } from '../support/open-test-store.ts'
import { protobufRequest } from '../support/otlp.ts'
import { runCommand, startCommand } from '../support/start-command.ts'
import { storeDays } from '../support/stored-days.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The command as users run it, on folders with and without an analyzer at work. */

function db(dataDir: string, ...args: readonly string[]) {
  return runCommand(['db', ...args, '--data-dir', dataDir])
}

async function json(dataDir: string, ...args: readonly string[]) {
  const { stdout, stderr, exitCode } = await db(dataDir, ...args, '--json')
  expect(stderr).toBe('')
  return { exitCode, document: JSON.parse(stdout) as Record<string, unknown> }
}

async function startAnalyzerOn(dataDir: string) {
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0']
  const command = startCommand(['analyzer', '--data-dir', dataDir, ...ports])
  onTestFinished(async () => {
    command.kill('SIGTERM')
    await command.ended
  })
  const line = await command.waitForLine(/analyzer ready/)
  const [, page = '', otlp = ''] = /page (\S+), OTLP\/HTTP (\S+),/.exec(line) ?? []
  const traceOf = async (traceId = ''): Promise<WireTrace> => {
    const response = await fetch(`${page}/api/v1/traces/${traceId}`)
    return (await response.json()) as WireTrace
  }
  return { otlp, traceOf }
}

const segmentsIn = (dataDir: string): readonly string[] =>
  readdirSync(join(dataDir, 'segments')).filter((name) => name.endsWith('.db'))

function daysUpToNow() {
  return storeDays({ days: 4, lastMs: Date.now(), packs: true })
}

test('stats tells files, spans, sources, verdicts and how far they have come', async () => {
  const { dataDir } = daysUpToNow()
  const { stdout, exitCode } = await db(dataDir, 'stats')
  expect(exitCode).toBe(0)
  expect(stdout).toContain(`${dataDir}: no analyzer works on it`)
  expect(stdout).toMatch(/000001\.packed\.db +packed +4 .+Z to .+Z\n/)
  expect(stdout).toMatch(/000004\.hot\.db +open +4 /)
  expect(stdout).toMatch(/spans +16 in .+ bytes each, 75 % of them packed/)
  expect(stdout).toMatch(/judged +all but 16, which wait to settle, the oldest since .+Z/)
  expect(stdout).toMatch(/source +"eu": 16 stored since the folder was made, 0 duplicates/)
})

test('stats of a folder that an analyzer works on, for scripts', async () => {
  const { dataDir } = daysUpToNow()
  await startAnalyzerOn(dataDir)
  const { document, exitCode } = await json(dataDir, 'stats')
  expect(exitCode).toBe(0)
  expect(document).toMatchObject({
    schemaVersion: 1,
    dataDir,
    inUse: true,
    spans: 16,
    packedShare: 0.75,
    sources: [{ name: 'eu', stored: 16, duplicates: 0, rejected: 0, shed: 0 }],
    verdicts: { readable: true },
    damaged: [],
  })
  expect(document['files']).toHaveLength(4)
})

test('stats of a folder with files that cannot be read tells the others', async () => {
  const { dataDir } = daysUpToNow()
  for (const name of ['000002.packed.db', '000004.hot.db']) {
    writeFileSync(join(dataDir, 'segments', name), 'not a database '.repeat(1000))
  }
  const { stdout, exitCode } = await db(dataDir, 'stats')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/spans +8 in /)
  expect(stdout).toMatch(/judged +all but 8, which wait to settle/)
  expect(stdout).toContain('damaged   000002.packed.db: "secondwind db check" says')
  expect(stdout).toContain('damaged   000004.hot.db: "secondwind db check" says')
  const checked = await db(dataDir, 'check')
  expect(checked.exitCode).toBe(1)
  expect(checked.stdout).toContain('  do: start the analyzer again: if this is the file that')
})

test('check says of files that were set aside what is lost with them, and is content', async () => {
  const { dataDir } = daysUpToNow()
  const suffix = 'damaged-2026-09-01T120000.000Z'
  writeFileSync(join(dataDir, 'segments', `000009.hot.db.${suffix}`), 'x')
  writeFileSync(join(dataDir, `verdicts.db.${suffix}`), 'x')
  const { stdout, exitCode } = await db(dataDir, 'check')
  expect(exitCode).toBe(0)
  expect(stdout).toContain(`note: 000009.hot.db.${suffix}: it was damaged`)
  expect(stdout).toContain('  means: what could be read of it was stored again')
  expect(stdout).toContain('  means: no span is lost; requests and incidents were made again')
})

test('check exits 0 where all is well, also beside an analyzer at work', async () => {
  const { dataDir } = daysUpToNow()
  await startAnalyzerOn(dataDir)
  const { stdout, stderr, exitCode } = await db(dataDir, 'check')
  expect(stdout).toBe(`${dataDir}: 6 files and 16 spans were read: no damage\n`)
  // Nobody watches: progress is for a terminal.
  expect([stderr, exitCode]).toEqual(['', 0])
})

test('check exits 1 where something is damaged, with what it means and what to do', async () => {
  const { dataDir } = daysUpToNow()
  const file = new Database(join(dataDir, 'segments', '000002.packed.db'))
  file.exec('UPDATE blocks SET bytes = zeroblob(length(bytes))')
  file.close()
  writeFileSync(join(dataDir, 'segments', '000003.packed.db.tmp'), '')
  const { stdout, exitCode } = await db(dataDir, 'check')
  expect(exitCode).toBe(1)
  expect(stdout).toContain('damaged: 000002.packed.db: block 1 is of an unknown format')
  expect(stdout).toContain('  means: the 4 spans in it are lost, the others can be read')
  expect(stdout).toContain(
    '  do: stop the analyzer and put the file of the same number from a backup',
  )
  expect(stdout).toContain('note: 000003.packed.db.tmp: ')
  expect(stdout).toContain('5 files and 12 spans were read: 1 damaged')
  const { document } = await json(dataDir, 'check')
  expect(document).toMatchObject({
    damaged: true,
    problems: [
      { kind: 'leftover', damage: false },
      { kind: 'block-damaged', damage: true, spans: 4, remedy: expect.any(String) },
    ],
  })
})

test('an analyzer that is started on a backup of a live one has every span and goes on', async () => {
  const { dataDir, days } = daysUpToNow()
  const live = await startAnalyzerOn(dataDir)
  const target = join(temporaryFolder(), 'copy')
  const { stdout, exitCode } = await runCommand(['db', 'backup', target, '--data-dir', dataDir])
  expect(exitCode).toBe(0)
  expect(stdout).toContain(`${target} holds a copy of ${dataDir}: 6 files`)
  const copy = await startAnalyzerOn(target)
  for (const analyzer of [live, copy]) {
    for (const spans of days) {
      const { spans: found } = await analyzer.traceOf(spans[0]?.traceId)
      expect(found.map((span) => span.spanId)).toEqual(spans.map((span) => span.spanId))
    }
  }
  const response = await fetch(`${copy.otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Uint8Array.from(protobufRequest(days[3] ?? [])),
  })
  expect(response.status).toBe(200)
  expect((await db(target, 'check')).exitCode).toBe(0)
})

test('backup refuses a folder that is not empty', async () => {
  const { dataDir } = daysUpToNow()
  const target = temporaryFolder()
  writeFileSync(join(target, 'mine'), '')
  const { stderr, exitCode } = await db(dataDir, 'backup', target)
  expect(exitCode).toBe(5)
  expect(stderr).toContain('is not empty: a backup does not overwrite')
  expect(stderr).toContain('[ANALYZER_BACKUP_TARGET_UNUSABLE]\n  hint: Name an empty folder')
})

test('prune says what it would drop, and drops nothing with --dry-run', async () => {
  const { dataDir } = daysUpToNow()
  const { stdout, exitCode } = await db(dataDir, 'prune', '--older-than', '36h', '--dry-run')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^000001\.packed\.db: 4 spans, .+, the newest of .+Z\n000002\.packed/)
  expect(stdout).toContain('would drop 2 files with 8 spans')
  expect(segmentsIn(dataDir)).toHaveLength(4)
})

test('prune drops whole files beside an analyzer at work, which lives through it', async () => {
  const { dataDir, days } = daysUpToNow()
  const { traceOf } = await startAnalyzerOn(dataDir)
  expect((await traceOf(days[0]?.[0]?.traceId)).spans).toHaveLength(4)
  const { document } = await json(dataDir, 'prune', '--older-than', '36h')
  expect(document).toMatchObject({ dryRun: false, spansDropped: 8, spansKept: 8 })
  expect(segmentsIn(dataDir)).toEqual(['000003.packed.db', '000004.hot.db'])
  expect((await traceOf(days[0]?.[0]?.traceId)).spans ?? []).toEqual([])
  expect((await traceOf(days[2]?.[0]?.traceId)).spans).toHaveLength(4)
  expect((await db(dataDir, 'check')).exitCode).toBe(0)
})

/** As far as a whole number of segments goes. */
function judgeSegments(path: string, segments: number): void {
  const environment = { now: Date.now, log: () => undefined }
  const verdicts = openStore({ path, limits: WIDE_LIMITS }, environment).openVerdicts()
  const judgedUpTo = (segments + 1) * 2 ** 32 - 1
  verdicts.replace([], { judgedUpTo, unrecognised: 0, withoutRequest: 0 })
  verdicts.close()
}

test('prune removes files that were set aside where that is asked, and only then', async () => {
  const { dataDir } = daysUpToNow()
  const old = '000009.hot.db.damaged-2026-01-01T120000.000Z'
  const young = `verdicts.db.damaged-${new Date().toISOString().replaceAll(':', '')}`
  writeFileSync(join(dataDir, 'segments', old), 'x'.repeat(2048))
  writeFileSync(join(dataDir, 'segments', `${old}-wal`), 'x'.repeat(1024))
  writeFileSync(join(dataDir, young), 'y')
  const stats = await db(dataDir, 'stats')
  expect(stats.stdout).toContain(
    `set aside ${old}: 3.0 KiB, damaged at 2026-01-01T12:00:00Z; "secondwind db prune --set-aside"`,
  )
  const unasked = await db(dataDir, 'prune', '--older-than', '90d')
  expect(unasked.stdout).toContain('2 damaged files set aside, 3.0 KiB, kept: --set-aside removes')
  const some = await db(dataDir, 'prune', '--older-than', '90d', '--set-aside', '--dry-run')
  expect(some.stdout).toContain(`${old}: 3.0 KiB, damaged and set aside at 2026-01-01T12:00:00Z`)
  expect(some.stdout).toContain('would remove 1 damaged file, 3.0 KiB')
  expect(existsSync(join(dataDir, 'segments', old))).toBe(true)
  const all = await json(dataDir, 'prune', '--set-aside')
  expect(all.document).toMatchObject({
    spansDropped: 0,
    spansKept: 16,
    setAside: { removed: [{ name: old, bytes: 3072 }, { name: young }], bytesKept: 0 },
  })
  expect(existsSync(join(dataDir, 'segments', `${old}-wal`))).toBe(false)
  expect(existsSync(join(dataDir, young))).toBe(false)
})

test('prune says how many of the spans nobody had judged, and claims nothing of them', async () => {
  const { dataDir } = daysUpToNow()
  const none = await db(dataDir, 'prune', '--to-size', '0b', '--dry-run')
  expect(none.stdout).toContain('12 of these spans are not judged')
  expect(none.stdout).not.toContain('stay in lists')
  judgeSegments(dataDir, 2)
  const some = await json(dataDir, 'prune', '--to-size', '0b', '--dry-run')
  expect(some.document).toMatchObject({ spansDropped: 12, spansUnjudged: 4 })
})

test('prune keeps the file that is written to, however small the size', async () => {
  const { dataDir } = daysUpToNow()
  judgeSegments(dataDir, 3)
  const { stdout } = await db(dataDir, 'prune', '--to-size', '0b')
  expect(stdout).toContain('dropped 3 files with 12 spans')
  expect(stdout).toContain('stay in lists and counts, but their traces cannot be opened any more')
  expect(segmentsIn(dataDir)).toEqual(['000004.hot.db'])
  const again = await db(dataDir, 'prune', '--to-size', '0b')
  expect(again.stdout).toMatch(
    /^nothing to drop: .+ are left; the file that is written to stays\n$/,
  )
})

test.each([
  [['db'], 'db: expected one of stats, check, backup, prune'],
  [['db', '--json'], 'db: expected one of stats, check, backup, prune'],
  [['db', 'stat'], 'did you mean "stats"?'],
  [['db', 'stats', 'x'], 'did not expect "x"'],
  [['db', 'check', '--jsn'], 'did you mean "--json"?'],
  [['db', 'backup'], 'db backup: expected the folder to copy into'],
  [['db', 'prune'], 'db prune: expected --older-than, --to-size or --set-aside'],
  [['db', 'prune', '--older-than', 'monday'], '--older-than: expected an age such as'],
])('%j is a mistake that is told', async (args, told) => {
  const { stderr, exitCode } = await runCommand(args)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(told)
})

test('what a newer release wrote is refused by name, and called neither damaged nor well', async () => {
  const { dataDir } = daysUpToNow()
  judgeSegments(dataDir, 3)
  for (const file of ['verdicts.db', 'segments/000002.packed.db', 'segments/000004.hot.db']) {
    const database = new Database(join(dataDir, file))
    const version = Number(database.pragma('user_version', { simple: true }))
    database.pragma('user_version = 99')
    for (const args of [
      ['stats'],
      ['check'],
      ['prune', '--to-size', '0b'],
      ['backup', 'nowhere'],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one file and one command after the other
      const { stderr, stdout, exitCode } = await db(dataDir, ...args)
      expect([exitCode, stdout]).toEqual([5, ''])
      expect(stderr).toContain(`${file} was written by a newer release (schema 99`)
    }
    database.pragma(`user_version = ${version}`)
    database.close()
  }
  expect(segmentsIn(dataDir)).toHaveLength(4)
}, 60_000)

test.each(['stats', 'check', 'prune'])('%s refuses a folder that is none', async (action) => {
  const folder = join(temporaryFolder(), 'none')
  const limits = action === 'prune' ? ['--older-than', '1d'] : []
  const { stderr, stdout, exitCode } = await db(folder, action, ...limits)
  expect([exitCode, stdout]).toEqual([5, ''])
  expect(stderr).toContain('[ANALYZER_DATA_NOT_FOUND]')
  expect(existsSync(folder)).toBe(false)
})
