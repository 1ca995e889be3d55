import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'

import { AnalyzerError } from '../../../../analyzer/errors.ts'
import { openDataFolder } from '../../../../analyzer/store/sqlite/data-folder.ts'
import { openForWriting } from '../../../../analyzer/store/sqlite/open-database.ts'
import { openVerdictStore } from '../../../../analyzer/store/sqlite/verdicts/open-verdict-store.ts'
import { VERDICTS_MIGRATIONS } from '../../../../analyzer/store/sqlite/verdicts/verdicts-schema.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

function errorOf(run: () => unknown): AnalyzerError {
  try {
    run()
  } catch (error: unknown) {
    if (error instanceof AnalyzerError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('is made where it is missing, for its owner only, and keeps its salt', () => {
  const path = join(temporaryFolder(), 'a', 'b')
  const folder = openDataFolder(path)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  expect(folder.salt).toHaveLength(32)
  folder.release()
  const again = openDataFolder(path)
  expect(again.salt).toEqual(folder.salt)
  again.release()
})

test('is held by one analyzer at a time', () => {
  const path = temporaryFolder()
  const folder = openDataFolder(path)
  onTestFinished(() => folder.release())
  const error = errorOf(() => openDataFolder(path))
  expect(error).toMatchObject({ code: 'ANALYZER_DATA_IN_USE', exitCode: 5 })
  expect(error.message).toContain(`process ${process.pid}`)
  expect(error.hint).toContain('--data-dir')
})

test('a path that cannot be a folder says what to do', () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  const error = errorOf(() => openDataFolder(file))
  expect(error).toMatchObject({ code: 'ANALYZER_DATA_UNWRITABLE', exitCode: 5 })
  expect(error.message).toContain(file)
})

test('a lock that is no database any more can be removed, and that is said', () => {
  const path = temporaryFolder()
  openDataFolder(path).release()
  writeFileSync(join(path, 'lock.db'), 'not a database '.repeat(100))
  const error = errorOf(() => openDataFolder(path))
  expect(error).toMatchObject({ code: 'ANALYZER_DATA_DAMAGED', exitCode: 5 })
  expect(error.message).toContain(join(path, 'lock.db'))
  rmSync(join(path, 'lock.db'))
  openDataFolder(path).release()
})

test('a place where nobody may write says what to do', () => {
  const error = errorOf(() => openDataFolder('/proc/secondwind'))
  expect(error.code).toBe('ANALYZER_DATA_UNWRITABLE')
  expect(error.hint).toContain('--data-dir')
})

test('a file of a newer release is refused and left alone', () => {
  const file = join(temporaryFolder(), 'verdicts.db')
  openVerdictStore(file, { nowMs: 0, log: () => {} }).close()
  const newer = new Database(file)
  newer.pragma('user_version = 99')
  newer.close()
  const before = readFileSync(file)
  const error = errorOf(() => openVerdictStore(file, { nowMs: 0, log: () => {} }))
  expect(error).toMatchObject({ code: 'ANALYZER_DATA_NEWER', exitCode: 5 })
  expect(error.message).toContain('schema 99')
  expect(readFileSync(file)).toEqual(before)
})

test('a file that is no database is told from one that cannot be written', () => {
  const folder = temporaryFolder()
  const damaged = join(folder, 'verdicts.db')
  writeFileSync(damaged, 'This is no database. '.repeat(100))
  expect(errorOf(() => openForWriting(damaged, VERDICTS_MIGRATIONS)).code).toBe(
    'ANALYZER_DATA_DAMAGED',
  )
  const directory = join(folder, 'directory.db')
  mkdirSync(directory)
  expect(errorOf(() => openForWriting(directory, VERDICTS_MIGRATIONS)).code).toBe(
    'ANALYZER_DATA_UNWRITABLE',
  )
})

test('a file is opened so that every commit reaches the disk', () => {
  const database = openForWriting(join(temporaryFolder(), 'verdicts.db'), VERDICTS_MIGRATIONS)
  onTestFinished(() => {
    database.close()
  })
  database.exec('DELETE FROM requests')
  expect(database.pragma('synchronous', { simple: true })).toBe(2)
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(database.pragma('auto_vacuum', { simple: true })).toBe(2)
})

test('a file of what can be derived again does not wait for the disk', () => {
  const file = join(temporaryFolder(), 'verdicts.db')
  const database = openForWriting(file, VERDICTS_MIGRATIONS, { isDerived: true })
  onTestFinished(() => {
    database.close()
  })
  expect(database.pragma('synchronous', { simple: true })).toBe(1)
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
})
