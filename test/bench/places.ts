import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The benchmark runs compiled, from `dist/test/bench`; what is not compiled is found from here. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export function benchSource(path: string): string {
  return join(ROOT, 'test/bench', path)
}

/** The program as it ships. */
export const COMMAND = join(ROOT, 'dist/cli/main.js')

export function benchProgram(name: string): string {
  return join(ROOT, 'dist/test/bench', name)
}

/** What is built or installed for the benchmark only, outside of the project. */
export function cacheFolder(name: string): string {
  return join(homedir(), '.cache/secondwind', name)
}

/** Names what was made from a file, so that a changed file makes it anew. */
export function versionOf(source: string): string {
  return createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12)
}
