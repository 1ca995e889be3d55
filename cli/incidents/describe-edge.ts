import type { WireIncidentRow } from '../../analyzer/api/wire.ts'

/** The route, and the one that it falls back to. */
export function describeEdge({ from, to }: WireIncidentRow['edge']): string {
  return [from ?? 'unknown', ...(to === null ? [] : [to])].join(' → ')
}
