/** In step with `--row-height` in styles/trace.css. */
export const ROW_HEIGHT = 28
/** Drawn beyond the edges, so that a quick scroll does not show white. */
const OVERSCAN_ROWS = 12

export interface RowWindow {
  readonly first: number
  readonly last: number
}

/** Which rows are drawn; the cost of a trace is its screenful and not its length. */
export function windowRows(scrollTop: number, viewHeight: number, count: number): RowWindow {
  const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - OVERSCAN_ROWS)
  const last = Math.min(count, Math.ceil((scrollTop + viewHeight) / ROW_HEIGHT) + OVERSCAN_ROWS)
  return { first: Math.min(first, Math.max(0, count - 1)), last }
}

/** Where to scroll, so that a row is inside the view; `undefined` if it already is. */
export function scrollToShow(
  index: number,
  scrollTop: number,
  viewHeight: number,
): number | undefined {
  const top = index * ROW_HEIGHT
  if (top < scrollTop) return top
  if (top + ROW_HEIGHT > scrollTop + viewHeight) return top + ROW_HEIGHT - viewHeight
  return undefined
}
