import type { WireSpan } from '../../../analyzer/api/wire.ts'

/** One row of the waterfall: a span, where it hangs and what is under it. */
export interface SpanRow {
  readonly span: WireSpan
  readonly depth: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly descendants: number
  /** Its parent is named but never came: the span is shown at the top and says so. */
  readonly parentMissing: boolean
  /** A failure below a collapsed row must not disappear with it. */
  readonly errorsBelow: number
}

interface Timed {
  readonly span: WireSpan
  readonly startNs: bigint
  readonly endNs: bigint
}

/**
 * All spans in the order of the waterfall: parents before children, children by their start. Total
 * over hostile input: unknown parents, cycles and duplicate ids still give every span one row.
 */
export function buildSpanRows(spans: readonly WireSpan[]): readonly SpanRow[] {
  const byId = new Map<string, Timed>()
  for (const span of spans) {
    if (!byId.has(span.spanId)) byId.set(span.spanId, toTimed(span))
  }
  const children = groupByParent(byId)
  const rows: SpanRow[] = []
  const visited = new Set<string>()
  for (const root of byStart(children.get('') ?? [])) {
    visitTree({ root, byId, children, visited, rows })
  }
  // What is left hangs in a cycle: the earliest of each becomes a root of its own.
  for (const timed of byStart([...byId.values()])) {
    if (!visited.has(timed.span.spanId)) {
      visitTree({ root: timed, byId, children, visited, rows })
    }
  }
  return rows
}

/** Rows that are left when the children of some are folded away. */
export function visibleRows(
  rows: readonly SpanRow[],
  collapsed: ReadonlySet<string>,
): readonly SpanRow[] {
  if (collapsed.size === 0) return rows
  const visible: SpanRow[] = []
  let index = 0
  while (index < rows.length) {
    const row = rows[index]
    if (row === undefined) break
    visible.push(row)
    index += collapsed.has(row.span.spanId) ? row.descendants + 1 : 1
  }
  return visible
}

/** The ids above a span, so that they can be unfolded to show it. */
export function ancestorsOf(rows: readonly SpanRow[], spanId: string): readonly string[] {
  const index = rows.findIndex((row) => row.span.spanId === spanId)
  const ancestors: string[] = []
  let depth = rows[index]?.depth ?? 0
  for (let above = index - 1; above >= 0 && depth > 0; above -= 1) {
    const row = rows[above]
    if (row !== undefined && row.depth < depth) {
      ancestors.push(row.span.spanId)
      depth = row.depth
    }
  }
  return ancestors
}

/** The next row with an error from a place in the list, going round at its end. */
export function findError(
  rows: readonly SpanRow[],
  fromIndex: number,
  step: 1 | -1,
): SpanRow | undefined {
  const count = rows.length
  for (let distance = 1; distance <= count; distance += 1) {
    const index = (((fromIndex + step * distance) % count) + count) % count
    const row = rows[index]
    if (row?.span.status.code === 'error') return row
  }
  return undefined
}

function groupByParent(byId: ReadonlyMap<string, Timed>): Map<string, Timed[]> {
  const children = new Map<string, Timed[]>()
  for (const timed of byId.values()) {
    const { parentSpanId, spanId } = timed.span
    const parent = byId.has(parentSpanId) && parentSpanId !== spanId ? parentSpanId : ''
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [timed])
    else siblings.push(timed)
  }
  return children
}

interface Visit {
  readonly root: Timed
  readonly byId: ReadonlyMap<string, Timed>
  readonly children: ReadonlyMap<string, readonly Timed[]>
  readonly visited: Set<string>
  readonly rows: SpanRow[]
}

/** Depth first with a stack of its own: a chain of 5,000 spans must not overflow the engine's. */
function visitTree({ root, byId, children, visited, rows }: Visit): void {
  const firstRow = rows.length
  const stack: { readonly timed: Timed; readonly depth: number }[] = [{ timed: root, depth: 0 }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { timed, depth } = top
    const { spanId, parentSpanId } = timed.span
    if (visited.has(spanId)) continue
    visited.add(spanId)
    const parentMissing = /[^0]/.test(parentSpanId) && !byId.has(parentSpanId)
    rows.push({ ...timed, depth, descendants: 0, errorsBelow: 0, parentMissing })
    const below = byStart(children.get(spanId) ?? [])
    for (const child of below.toReversed()) stack.push({ timed: child, depth: depth + 1 })
  }
  countDescendants(rows, firstRow)
}

/** Each row adds itself to every row that is still open above it. */
function countDescendants(rows: SpanRow[], firstRow: number): void {
  const open: { index: number; depth: number }[] = []
  const totals = rows.slice(firstRow).map(() => ({ descendants: 0, errorsBelow: 0 }))
  for (let index = firstRow; index < rows.length; index += 1) {
    const row = rows[index]
    if (row === undefined) continue
    while ((open.at(-1)?.depth ?? -1) >= row.depth) open.pop()
    const isError = row.span.status.code === 'error'
    for (const ancestor of open) {
      const total = totals[ancestor.index - firstRow]
      if (total === undefined) continue
      total.descendants += 1
      if (isError) total.errorsBelow += 1
    }
    open.push({ index, depth: row.depth })
  }
  for (const [offset, total] of totals.entries()) {
    const row = rows[firstRow + offset]
    if (row !== undefined) rows[firstRow + offset] = { ...row, ...total }
  }
}

function byStart(spans: readonly Timed[]): readonly Timed[] {
  return spans.toSorted((left, right) => {
    if (left.startNs !== right.startNs) return left.startNs < right.startNs ? -1 : 1
    return left.span.spanId < right.span.spanId ? -1 : 1
  })
}

function toTimed(span: WireSpan): Timed {
  const startNs = parseNs(span.startTimeUnixNano)
  const endNs = parseNs(span.endTimeUnixNano)
  return { span, startNs, endNs: endNs < startNs ? startNs : endNs }
}

function parseNs(text: string): bigint {
  return /^\d{1,20}$/.test(text) ? BigInt(text) : 0n
}
