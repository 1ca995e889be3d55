type Align = 'left' | 'right'

/** Rows whose cells stand under each other. */
export function columns(
  rows: readonly (readonly string[])[],
  align: readonly Align[],
): readonly string[] {
  const widths = align.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, index) =>
        align[index] === 'right'
          ? cell.padStart(widths[index] ?? 0)
          : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
