import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { openStore } from '../../../../../analyzer/store/open-store.ts'
import { openDataFolder } from '../../../../../analyzer/store/sqlite/data-folder.ts'
import { backupStore } from '../../../../../analyzer/store/sqlite/keeping/backup-store.ts'
import { checkStore } from '../../../../../analyzer/store/sqlite/keeping/check-store.ts'
import { pruneStore } from '../../../../../analyzer/store/sqlite/keeping/prune-store.ts'
import { arrivalOf } from '../../../../support/arrivals.ts'
import { WIDE_LIMITS } from '../../../../support/open-test-store.ts'
import { buildSpan } from '../../../../support/otlp.ts'
import { DAY_MS, storeDays } from '../../../../support/stored-days.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

const MS = 1_760_000_000_000
const environment = { now: () => MS, log: () => undefined }

function open(path: string) {
  return openStore({ path, limits: WIDE_LIMITS }, environment)
}

function spanIdsIn(path: string): readonly string[] {
  const reader = open(path).openReader()
  const chunks = reader.readAfter(0, Infinity)
  reader.close()
  return chunks.flatMap(({ content }) => content.spans().map((span) => span.spanId))
}

function problemsOf(path: string) {
  const steps = checkStore(path)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value.problems
  }
}

test('copies all that is stored into a folder for its owner alone', async () => {
  const { dataDir } = storeDays({ days: 3, lastMs: MS, packs: true })
  open(dataDir).openVerdicts().close()
  const acts = open(dataDir).openActs(0)
  acts.append('inc-0000000000000001', { kind: 'resolve', atMs: MS, by: 'ana' })
  acts.close()
  const target = join(temporaryFolder(), 'new', 'copy')
  const seen: string[] = []
  const { files, bytes } = await backupStore({
    path: dataDir,
    target,
    onProgress: ({ file, bytesDone, bytesTotal }) => {
      seen.push(file)
      expect(bytesDone).toBeLessThanOrEqual(bytesTotal)
    },
  })
  expect(files).toBe(5)
  expect(bytes).toBeGreaterThan(0)
  expect(seen[0]).toBe('verdicts.db')
  expect(readdirSync(join(target, 'segments')).filter((name) => name.endsWith('.db'))).toEqual([
    '000001.packed.db',
    '000002.packed.db',
    '000003.hot.db',
  ])
  expect(spanIdsIn(target)).toEqual(spanIdsIn(dataDir))
  const copied = open(target).openActs(1)
  expect(copied.actsOf('inc-0000000000000001')).toHaveLength(1)
  expect(copied.health().losses).toEqual([])
  copied.close()
  expect(problemsOf(target)).toEqual([])
  expect(readFileSync(join(target, 'salt'))).toEqual(readFileSync(join(dataDir, 'salt')))
  expect(statSync(target).mode & 0o777).toBe(0o700)
  expect(statSync(join(target, 'segments', '000003.hot.db')).mode & 0o777).toBe(0o600)
})

test('nothing takes half a copy for a data folder: no command, and no analyzer', async () => {
  const { dataDir } = storeDays({ days: 2, lastMs: MS, packs: true })
  open(dataDir).openVerdicts().close()
  const target = join(temporaryFolder(), 'copy')
  const copying = backupStore({
    path: dataDir,
    target,
    onProgress: ({ file }) => {
      if (file === '000002.hot.db') throw new Error('the disk is full')
    },
  })
  await expect(copying).rejects.toThrow('the disk is full')
  const left = readdirSync(target)
  expect(() => openDataFolder(target)).toThrow('is a backup that was not finished')
  expect(() => problemsOf(target)).toThrow('is a backup that was not finished')
  // Nothing that looks like a data folder's was put beside it.
  expect(readdirSync(target)).toEqual(left)
})

test('copies one moment of each file while spans are written, packed and dropped', async () => {
  const { dataDir } = storeDays({ days: 4, lastMs: MS, packs: false })
  const store = open(dataDir)
  const [writer, verdicts, keeper] = [store.openWriter(), store.openVerdicts(), store.openKeeper()]
  onTestFinished(() => {
    for (const each of [writer, verdicts, keeper]) each.close()
  })
  const before = spanIdsIn(dataDir)
  let number = 1000
  let reports = 0
  let dropped = 0
  const limits = { ageMsMax: 3 * DAY_MS - 1, bytesMax: Infinity }
  const firstDay = { path: dataDir, limits, nowMs: MS, setAside: false, dryRun: false }
  const target = join(temporaryFolder(), 'copy')
  await backupStore({
    path: dataDir,
    target,
    onProgress: () => {
      reports += 1
      number += 1
      const span = buildSpan({ spanId: number.toString(16).padStart(16, '0') })
      writer.append([arrivalOf([span], { receivedAtMs: MS })])
      while (keeper.tidy(WIDE_LIMITS, { nowMs: MS, judgedUpTo: Infinity }).more);
      if (reports === 2) dropped = pruneStore(firstDay).dropped.length
    },
  })
  expect(reports).toBeGreaterThan(5)
  expect(dropped).toBe(1)
  const copied = spanIdsIn(target)
  // The first day may have been dropped before its turn came; nothing else may be missing.
  expect(copied).toEqual(expect.arrayContaining(before.slice(4)))
  expect(new Set(copied).size).toBe(copied.length)
  expect(problemsOf(target)).toEqual([])
})

test('has the middle of a segment that ended after it was copied', async () => {
  const { dataDir } = storeDays({ days: 2, lastMs: MS, packs: false })
  const writer = open(dataDir).openWriter()
  onTestFinished(() => writer.close())
  const target = join(temporaryFolder(), 'copy')
  const add = (id: string, receivedAtMs: number): void => {
    writer.append([arrivalOf([buildSpan({ spanId: id.repeat(16) })], { receivedAtMs })])
  }
  let rolled = false
  await backupStore({
    path: dataDir,
    target,
    onProgress: ({ file }) => {
      // Whatever is reported of a file, its copy is of a moment before that.
      if (file !== '000002.hot.db' || rolled) return
      rolled = true
      add('a', MS + 1)
      add('b', MS + 2 * DAY_MS)
    },
  })
  expect(rolled).toBe(true)
  expect(readdirSync(join(target, 'segments'))).toContain('000003.hot.db')
  expect(spanIdsIn(target)).toEqual(spanIdsIn(dataDir))
  expect(problemsOf(target)).toEqual([])
})

test('has spans for every verdict that it has', async () => {
  const { dataDir } = storeDays({ days: 2, lastMs: MS, packs: false })
  const store = open(dataDir)
  const [writer, verdicts, reader] = [store.openWriter(), store.openVerdicts(), store.openReader()]
  onTestFinished(() => {
    for (const each of [writer, verdicts, reader]) each.close()
  })
  const target = join(temporaryFolder(), 'copy')
  let number = 1000
  await backupStore({
    path: dataDir,
    target,
    onProgress: () => {
      number += 1
      const span = buildSpan({ spanId: number.toString(16).padStart(16, '0') })
      writer.append([arrivalOf([span], { receivedAtMs: MS })])
      const judgedUpTo = reader.readAfter(0, Infinity).at(-1)?.position ?? 0
      verdicts.replace([], { ...verdicts.progress(), judgedUpTo })
    },
  })
  expect(problemsOf(target)).toEqual([])
})

function fullDisk(): never {
  throw Object.assign(new Error('ENOSPC: no space left on device'), { errno: -28 })
}

test('a disk that is full meanwhile is told as that, and what was copied as no backup', async () => {
  const { dataDir } = storeDays({ days: 2, lastMs: MS, packs: true })
  const target = join(temporaryFolder(), 'copy')
  await expect(backupStore({ path: dataDir, target, onProgress: fullDisk })).rejects.toMatchObject({
    code: 'ANALYZER_BACKUP_TARGET_UNUSABLE',
    message: expect.stringContaining('broke off: ENOSPC') as unknown,
  })
  expect(() => problemsOf(target)).toThrow(/not finished/u)
})

test('a file that cannot be read is copied as it stands, and named; the others are whole', async () => {
  const { dataDir, days } = storeDays({ days: 3, lastMs: MS, packs: true })
  const damaged = join('segments', '000001.packed.db')
  const bytes = readFileSync(join(dataDir, damaged)).fill(0xff, 0, 100)
  writeFileSync(join(dataDir, damaged), bytes)
  const target = join(temporaryFolder(), 'copy')
  const backup = await backupStore({ path: dataDir, target })
  expect(backup.damaged).toEqual(['000001.packed.db'])
  expect(readFileSync(join(target, damaged)).equals(bytes)).toBe(true)
  expect(spanIdsIn(target)).toEqual(
    days.slice(1).flatMap((spans) => spans.map((one) => one.spanId)),
  )
  expect(problemsOf(target)).toMatchObject([{ kind: 'unreadable', file: '000001.packed.db' }])
})

test('overwrites nothing, and does not copy a folder into itself', async () => {
  const { dataDir } = storeDays({ days: 1, lastMs: MS, packs: false })
  const full = temporaryFolder()
  writeFileSync(join(full, 'notes.txt'), 'mine')
  mkdirSync(join(dataDir, 'empty'))
  const file = join(full, 'notes.txt')
  for (const target of [full, dataDir, join(dataDir, 'empty'), file, join(file, 'below')]) {
    await expect(backupStore({ path: dataDir, target })).rejects.toMatchObject({
      code: 'ANALYZER_BACKUP_TARGET_UNUSABLE',
      exitCode: 5,
    })
  }
  expect(readdirSync(full)).toEqual(['notes.txt'])
})
