import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WireSpan } from '../../../../analyzer/api/wire.ts'
import {
  ancestorsOf,
  buildSpanRows,
  findError,
  visibleRows,
} from '../../../../dashboard/src/lib/span-tree.ts'

interface Sketch {
  readonly id: string
  readonly parent?: string
  readonly start?: number
  readonly error?: boolean
}

function toSpan({ id, parent = '', start = 0, error = false }: Sketch): WireSpan {
  return {
    traceId: 't',
    spanId: id,
    parentSpanId: parent,
    name: id,
    kind: 'INTERNAL',
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 10),
    status: { code: error ? 'error' : 'unset', message: '' },
    scope: { name: '', version: '' },
    service: '',
    attributes: [],
    events: [],
  }
}

function outline(sketches: readonly Sketch[]): readonly string[] {
  return buildSpanRows(sketches.map(toSpan)).map((row) => '  '.repeat(row.depth) + row.span.spanId)
}

const family: readonly Sketch[] = [
  { id: 'leaf', parent: 'second', start: 6, error: true },
  { id: 'second', parent: 'root', start: 5 },
  { id: 'first', parent: 'root', start: 2 },
  { id: 'root', start: 1 },
  { id: 'other', start: 9, error: true },
]

describe('the rows of a trace', () => {
  test('are parents before children and children by their start, whatever came first', () => {
    expect(outline(family)).toEqual(['root', '  first', '  second', '    leaf', 'other'])
  })

  test('count what hangs below, errors apart', () => {
    const [root] = buildSpanRows(family.map(toSpan))
    expect(root).toMatchObject({ descendants: 3, errorsBelow: 1 })
  })

  test('say where a parent is named that never came', () => {
    const rows = buildSpanRows([toSpan({ id: 'orphan', parent: 'gone' })])
    expect(rows).toMatchObject([{ depth: 0, parentMissing: true }])
    expect(buildSpanRows([toSpan({ id: 'a', parent: '0000000000000000' })])).toMatchObject([
      { parentMissing: false },
    ])
  })

  test('hold every span once, also where parents go in a circle or an id comes twice', () => {
    expect(
      outline([
        { id: 'a', parent: 'b', start: 1 },
        { id: 'b', parent: 'a', start: 2 },
        { id: 'self', parent: 'self', start: 3 },
        { id: 'a', parent: '', start: 4 },
      ]),
    ).toEqual(['self', 'a', '  b'])
  })

  test('survive hostile times', () => {
    const span = { ...toSpan({ id: 'a' }), startTimeUnixNano: 'x', endTimeUnixNano: '-1' }
    expect(buildSpanRows([span])).toMatchObject([{ startNs: 0n, endNs: 0n }])
    const backwards = { ...toSpan({ id: 'a', start: 50 }), endTimeUnixNano: '5' }
    expect(buildSpanRows([backwards])).toMatchObject([{ startNs: 50n, endNs: 50n }])
  })

  test('do not overflow on a chain of ten thousand', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      toSpan({ id: String(index), parent: index === 0 ? '' : String(index - 1) }),
    )
    expect(buildSpanRows(chain)).toHaveLength(10_000)
  })

  test('are the same in every order of arrival, and none is lost', () => {
    const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')
    const sketches = fc.uniqueArray(
      fc.record({ id: ids, parent: fc.oneof(ids, fc.constant('')), start: fc.nat(5) }),
      { selector: (sketch) => sketch.id },
    )
    fc.assert(
      fc.property(sketches, (some) => {
        const rows = outline(some)
        expect(outline(some.toReversed())).toEqual(rows)
        expect(rows.map((row) => row.trim()).toSorted()).toEqual(
          some.map((sketch) => sketch.id).toSorted(),
        )
      }),
    )
  })
})

describe('folding', () => {
  const rows = buildSpanRows(family.map(toSpan))

  test('hides everything below a row and nothing else', () => {
    const shown = visibleRows(rows, new Set(['root'])).map((row) => row.span.spanId)
    expect(shown).toEqual(['root', 'other'])
    expect(visibleRows(rows, new Set(['second']))).toHaveLength(4)
    expect(visibleRows(rows, new Set())).toHaveLength(5)
  })

  test('knows what to unfold to show a span', () => {
    expect(ancestorsOf(rows, 'leaf')).toEqual(['second', 'root'])
    expect(ancestorsOf(rows, 'root')).toEqual([])
    expect(ancestorsOf(rows, 'unknown')).toEqual([])
  })
})

describe('the jump to an error', () => {
  const rows = buildSpanRows(family.map(toSpan))

  test('goes to the next one and round at the end', () => {
    expect(findError(rows, -1, 1)?.span.spanId).toBe('leaf')
    expect(findError(rows, 3, 1)?.span.spanId).toBe('other')
    expect(findError(rows, 4, 1)?.span.spanId).toBe('leaf')
    expect(findError(rows, 3, -1)?.span.spanId).toBe('other')
  })

  test('finds nothing where nothing failed', () => {
    expect(findError(buildSpanRows([toSpan({ id: 'a' })]), 0, 1)).toBeUndefined()
    expect(findError([], 0, 1)).toBeUndefined()
  })
})
