import { foldFingerprint, type Fingerprint } from './fingerprint.ts'

/**
 * Names of routes and providers come from clients and spans: without a limit, whoever makes them up
 * fills a list that nobody can read any more. What comes first keeps a place of its own for as long
 * as it is known; what comes when all places are taken shares one per rule. Which those are depends
 * on the order in which requests are judged, and on nothing else.
 */

/** Of one rule in one source: more causes than a person tells apart. */
export const INCIDENTS_OF_RULE_MAX = 200

/** Of one source: one rule that runs wild leaves places to the others. */
export const INCIDENTS_OF_SOURCE_MAX = 1000

/** Incidents that have a place already. */
export interface PlacesTaken {
  readonly ofRule: number
  readonly ofSource: number
}

/** Where the first request of a fingerprint goes. */
export function placeFor(fingerprint: Fingerprint, taken: PlacesTaken): Fingerprint {
  const hasPlace = taken.ofRule < INCIDENTS_OF_RULE_MAX && taken.ofSource < INCIDENTS_OF_SOURCE_MAX
  return hasPlace ? fingerprint : foldFingerprint(fingerprint)
}
