import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

import { temporaryFolder } from './temporary-folder.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/data-folders/', import.meta.url))

/** What a release left on disk, in a folder of this test's own. */
export function unpackDataFolder(release: '0.1.0'): string {
  const folder = join(temporaryFolder(), 'data')
  mkdirSync(folder, { mode: 0o700 })
  for (const name of readdirSync(join(FIXTURES, release))) {
    const bytes = gunzipSync(readFileSync(join(FIXTURES, release, name)))
    writeFileSync(join(folder, name.replace(/\.gz$/u, '')), bytes)
  }
  return folder
}
