/** Leaves absent keys out: under `exactOptionalPropertyTypes` absent and undefined differ. */
export function defined<T extends object>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: T[K] } = {}
  // A story is made of dozens of these: no list of entries is made in between.
  for (const key in values) if (values[key] !== undefined) kept[key] = values[key]
  // No value is undefined, which the type says.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return kept as { [K in keyof T]?: Exclude<T[K], undefined> }
}
