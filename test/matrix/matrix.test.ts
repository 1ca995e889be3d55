import { beforeAll, describe, expect, test } from 'vitest'
import { CELLS } from './cells.ts'
import type { Cell } from './cells.ts'
import { checkCell } from './check-cell.ts'
import { readMatrix, runMatrix } from './run-matrix.ts'
import type { ReadCell } from './run-matrix.ts'

/**
 * Every way to break, at every position, for every client protocol, from a target of the same and
 * of another protocol: over real sockets, read by the official clients (I1 to I6). The invariants
 * are asked of the bytes.
 */

const cells = new Map<string, ReadCell>()

beforeAll(async () => {
  for (const cell of await readMatrix(await runMatrix(CELLS))) cells.set(cell.cell.path, cell)
}, 180_000)

function cellOf({ path }: Cell): ReadCell {
  const cell = cells.get(path)
  if (cell === undefined) throw new Error(`${path} did not run`)
  return cell
}

describe.each(CELLS)('$path', (cell) => {
  test('tells no lie', () => {
    const { reads, ...recorded } = cellOf(cell)
    expect(checkCell(recorded, reads)).toEqual([])
  })
})
