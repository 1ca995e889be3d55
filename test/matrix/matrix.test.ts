import { beforeAll, describe, expect, test } from 'vitest'
import { CELLS } from './cells.ts'
import type { Cell } from './cells.ts'
import { checkCell } from './check-cell.ts'
import { goldenFiles, readGolden, renderCell, settleGolden, TABLE_PATH } from './golden.ts'
import { readMatrix, runMatrix } from './run-matrix.ts'
import type { ReadCell } from './run-matrix.ts'
import { renderTable } from './render-table.ts'

/**
 * Every way to break, at every position, for every client protocol, from a target of the same and
 * of another protocol: over real sockets, read by the official clients (I1 to I6). The invariants
 * are asked of the bytes; the golden files show what the bytes are. Where a change is meant,
 * `SECONDWIND_GOLDEN=write npx vitest run test/matrix` writes them anew.
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

  test('is what its golden file says', () => {
    const { reads, ...recorded } = cellOf(cell)
    const page = renderCell(recorded, reads)
    // What breaks an invariant is never written down as if it were right.
    if (checkCell(recorded, reads).length === 0) settleGolden(`${cell.path}.txt`, page)
    expect(page).toBe(readGolden(`${cell.path}.txt`))
  })
})

describe('the table of all cells', () => {
  test('names the outcome of each, and why there is none', () => {
    const table = renderTable((cell) => cellOf(cell))
    settleGolden(TABLE_PATH, table)
    expect(table).toBe(readGolden(TABLE_PATH))
  })

  test('has no golden file left over from a cell that is gone', () => {
    const wanted = [TABLE_PATH, ...CELLS.map(({ path }) => `${path}.txt`)]
    expect(goldenFiles().filter((path) => !wanted.includes(path))).toEqual([])
  })
})
