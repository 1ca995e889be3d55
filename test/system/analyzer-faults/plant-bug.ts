import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { temporaryFolder } from '../../support/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export interface Bug {
  readonly name: string
  /** Below `dist/`. */
  readonly file: string
  /** Each stands in the file once, and is replaced. */
  readonly changes: readonly (readonly [from: string, to: string])[]
}

/** A copy of the compiled program with this bug in it; returns its `dist` folder. */
export function plantBug({ name, file, changes }: Bug): string {
  const folder = temporaryFolder()
  const dist = join(folder, 'dist')
  cpSync(join(ROOT, 'dist'), dist, { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  let text = readFileSync(join(dist, file), 'utf8')
  for (const [from, to] of changes) {
    const pieces = text.split(from)
    if (pieces.length !== 2) {
      throw new Error(`${name}: "${from}" stands in ${file} ${pieces.length - 1} times`)
    }
    text = pieces.join(to)
  }
  writeFileSync(join(dist, file), text)
  return dist
}
