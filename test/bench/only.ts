/** Whether `--only TEXT` asks for this row; without it every row is asked for. */
export type IsWanted = (name: string) => boolean

/** Ends the program where the text is part of no name: nothing would be measured. */
export function selectRows(only: string | undefined, names: readonly string[]): IsWanted {
  if (only === undefined) return () => true
  const isWanted: IsWanted = (name) => name.includes(only)
  if (!names.some(isWanted)) {
    process.stderr.write(`--only "${only}" names no row; a part of one of: ${names.join('; ')}\n`)
    process.exit(2)
  }
  return isWanted
}
