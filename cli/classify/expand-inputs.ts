import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { ClassifyInput } from './parse-classify-args.ts'

/** More are a mistake, such as `/`; a month of recordings is far below. */
const FILES_MAX = 100_000

export interface ExpandedInput extends ClassifyInput {
  /** It stands for a folder in which there is nothing to read. */
  readonly isEmptyFolder?: true
}

export type ExpandedInputs =
  | { readonly kind: 'files'; readonly inputs: readonly ExpandedInput[] }
  | { readonly kind: 'unusable'; readonly message: string }

/**
 * A folder stands for every file in it and below; hidden ones are left. What is missing stays, and
 * so does a folder without any: it is told in its turn, and costs the others nothing.
 */
export async function expandInputs(inputs: readonly ClassifyInput[]): Promise<ExpandedInputs> {
  const expanded: ExpandedInput[] = []
  for (const input of inputs) {
    // oxlint-disable-next-line no-await-in-loop
    if (input.path === '-' || !(await isFolder(input.path))) {
      expanded.push(input)
      continue
    }
    const before = expanded.length
    // oxlint-disable-next-line no-await-in-loop
    for await (const path of filesBelow(input.path)) {
      if (expanded.length === FILES_MAX) {
        const message = `${input.path}: more than ${FILES_MAX} files; name those that are meant`
        return { kind: 'unusable', message }
      }
      expanded.push({ ...input, path })
    }
    if (expanded.length === before) expanded.push({ ...input, isEmptyFolder: true })
  }
  return { kind: 'files', inputs: expanded }
}

/** In the order of their names, so that two runs print the same. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    // A link could lead round in a circle.
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.isFile()) yield path
  }
}

/** What cannot be looked at is told when it is to be read. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
