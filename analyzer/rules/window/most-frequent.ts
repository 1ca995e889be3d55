/** The name with the highest count; of equal ones the first by name, whichever came first. */
export function mostFrequent(counts: ReadonlyMap<string, number>): string | undefined {
  const [most] = [...counts].toSorted(
    ([left, leftCount], [right, rightCount]) => rightCount - leftCount || (left < right ? -1 : 1),
  )
  return most?.[0]
}
