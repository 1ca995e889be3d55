import type { WireReleaseNote } from '../../../analyzer/api/wire.ts'

type Range = Pick<WireReleaseNote, 'from' | 'to'>

/** Whether a release is one of those; a last one without a patch number means all patches. */
export function isWithin(release: string, { from, to }: Range): boolean {
  const parts = partsOf(release)
  if (parts.length === 0) return false
  if (from !== null && compare(parts, partsOf(from)) < 0) return false
  if (to === null) return true
  const last = partsOf(to)
  return compare(parts.slice(0, last.length), last) <= 0
}

/** `1.74.15 to 1.96` */
export function describeRange({ from, to }: Range): string {
  if (from === to && to !== null) return to
  if (from === null) return to === null ? 'every release' : `up to ${to}`
  return to === null ? `since ${from}` : `${from} to ${to}`
}

/** What comes after the numbers (`-rc.1`, `.dev2`) makes no difference to a range. */
function partsOf(release: string): readonly number[] {
  const [, numbers = ''] = /^v?(\d{1,9}(?:\.\d{1,9}){0,3})/.exec(release) ?? []
  return numbers === '' ? [] : numbers.split('.').map(Number)
}

function compare(left: readonly number[], right: readonly number[]): number {
  const length = Math.max(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
