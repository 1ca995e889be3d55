import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

import { temporaryFolder } from './temporary-folder.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/data-folders/', import.meta.url))

/** What a release left on disk, in a folder of this test's own. */
export function unpackDataFolder(release: '0.1.0' | '0.2.0-dev'): string {
  const folder = join(temporaryFolder(), 'data')
  mkdirSync(folder, { mode: 0o700 })
  for (const name of readdirSync(join(FIXTURES, release), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.gz')) continue
    const path = join(folder, name.slice(0, -'.gz'.length))
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, gunzipSync(readFileSync(join(FIXTURES, release, name))))
  }
  return folder
}

/** What that release itself said of the folder: a file of its own beside the folder's. */
export function readDataFolderFact(release: '0.2.0-dev', name: string): unknown {
  return JSON.parse(readFileSync(join(FIXTURES, release, name), 'utf8'))
}
