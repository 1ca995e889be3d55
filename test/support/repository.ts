import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The repository as text, for the tests that hold it to its own rules. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', 'dist', 'coverage', '.git'])

/** Every file by its path from the root, with `/`; generated folders are left out. */
export const FILES: readonly string[] = walk('').toSorted()

export function filesUnder(folder: string, pattern: RegExp = /./): readonly string[] {
  return FILES.filter((path) => path.startsWith(`${folder}/`) && pattern.test(path))
}

export function read(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8')
}

export function exists(path: string): boolean {
  return FILES.includes(path)
}

export function isExecutable(path: string): boolean {
  return (statSync(ROOT + path).mode & 0o111) !== 0
}

export interface Line {
  readonly path: string
  readonly number: number
  readonly text: string
}

export function linesOf(path: string): readonly Line[] {
  return read(path)
    .split('\n')
    .map((text, index) => ({ path, number: index + 1, text }))
}

/** `path:line: text` of every line that matches: empty is what a rule wants. */
export function findLines(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths
    .flatMap(linesOf)
    .filter(({ text }) => pattern.test(text))
    .map(({ path, number, text }) => `${path}:${number}: ${text.trim().slice(0, 120)}`)
}

function walk(folder: string): string[] {
  return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (NOT_OURS.has(entry.name)) return []
    return entry.isDirectory() ? walk(path) : [path]
  })
}
