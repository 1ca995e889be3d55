import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Made anew by every start; nothing of anybody is in them. */
const FLEETING = /(?:^owner\.pid|^lock\.db|-shm)$/u

/** Whoever only looks at a database leaves an empty log beside it. */
function isFleeting(file: string): boolean {
  return FLEETING.test(basename(file)) || (file.endsWith('-wal') && statSync(file).size === 0)
}

/** Every database of a data folder, but the one that only says who holds it. */
export function databasesIn(dataDir: string): readonly string[] {
  return filesIn(dataDir).filter((file) => file.endsWith('.db') && basename(file) !== 'lock.db')
}

/** The one that spans are being written to. */
export function openSpanFile(dataDir: string): string {
  const segments = databasesIn(dataDir).filter((file) => file.endsWith('.hot.db'))
  return segments.at(-1) ?? join(dataDir, 'spans.db')
}

export function filesIn(dataDir: string): readonly string[] {
  if (!existsSync(dataDir)) return []
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

/** A hash of every byte that someone would miss. */
export function fingerprintOf(dataDir: string): Readonly<Record<string, string>> {
  const kept = filesIn(dataDir).filter((file) => !isFleeting(file))
  return Object.fromEntries(
    kept.map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
  )
}
