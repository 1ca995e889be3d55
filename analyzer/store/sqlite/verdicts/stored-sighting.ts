import type { FingerprintIngredients } from '../../../incidents/fingerprint.ts'
import type { Occurrence, RootCause } from '../../../incidents/occurrence.ts'
import type { OccurrenceRow } from './incident-statements.ts'

/** What an incident's row shows of its newest request. */
type Shown = Pick<Occurrence, 'severity' | 'title' | 'confidence' | 'summary'>

/** Of one request. `folded`: what its incident would have been, had there been a place for it. */
interface StoredSighting extends Shown {
  readonly folded?: FingerprintIngredients
  readonly rootCause?: RootCause
}

export function printSighting(
  { severity, title, confidence, summary, rootCause }: Occurrence,
  folded: FingerprintIngredients | undefined,
): string {
  return JSON.stringify({
    severity,
    title,
    confidence,
    summary,
    ...(rootCause !== undefined && { rootCause }),
    ...(folded !== undefined && { folded }),
  } satisfies StoredSighting)
}

/** Written by us, read by us: the schema's version vouches for the shape. */
export function parseSighting(json: string): StoredSighting {
  const sighting: StoredSighting = JSON.parse(json)
  return sighting
}

export function shownOf({ shown }: OccurrenceRow): Shown {
  const { severity, title, confidence, summary } = parseSighting(shown)
  return { severity, title, confidence, summary }
}

/** The request that shows it. */
export function shownById({ request_id: requestId, example_id: exampleId }: OccurrenceRow): number {
  return exampleId ?? requestId
}
