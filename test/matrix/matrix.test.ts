import { beforeAll, describe, expect, test } from 'vitest'
import type { Span } from '../../analyzer/story/span.ts'
import {
  ATTR_ATTEMPT_NUMBER,
  ATTR_FALLBACK_STRATEGY,
  ATTR_SEAM_VERIFIED,
} from '../../collector/vocabulary.ts'
import { CELLS, SERVED, STYLES } from './cells.ts'
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

describe.each(SERVED)('a %s client whose answer breaks', (client) => {
  // Behind the last word nothing is left to say, and who repeats no anchor makes no seam there.
  test.each([
    { at: 'in text', styles: STYLES },
    { at: 'after the last content', styles: STYLES.filter((style) => style !== 'without-anchor') },
  ])('$at meets a seam by every protocol, in every style, and by a prefill', ({ at, styles }) => {
    const seams = [...cells.values()].flatMap(({ cell, spans }) =>
      cell.client === client && cell.at === at ? spans.flatMap((span) => seamOf(span, cell)) : [],
    )
    const wanted = SERVED.flatMap((api) => styles.map((style) => `user_turn ${api} ${style}`))
    expect(seams).toEqual(expect.arrayContaining(wanted))
    expect(seams.some((seam) => seam.startsWith('prefill messages'))).toBe(true)
  })
})

/** Who went on and how, of the span of a decision that came to a seam. */
function seamOf({ attributes }: Span, { fallbacks, style }: Cell): readonly string[] {
  if (!attributes.has(ATTR_SEAM_VERIFIED)) return []
  const api = fallbacks[Number(attributes.get(ATTR_ATTEMPT_NUMBER)) - 2]
  const strategy = attributes.get(ATTR_FALLBACK_STRATEGY)
  return typeof strategy === 'string' ? [`${strategy} ${api} ${style}`] : []
}

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
