/** Leaves absent keys out: under `exactOptionalPropertyTypes` absent and undefined differ. */
export function defined<T extends object>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined)
  // The entries are those of `values` without the undefined ones, which the type says.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
