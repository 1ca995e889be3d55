/**
 * What the API serves and `secondwind classify --json` prints: types only, one schema for both.
 * Keys are lowerCamelCase as in OTLP/JSON; times are ISO 8601, or nanoseconds as strings; ids with
 * hyphens. Duplicated on purpose from the domain types: the wire does not move when they do.
 *
 * Everyone imports from here, not from the folder: the page and the commands see this file alone.
 */
export type * from './wire/acts.ts'
export type * from './wire/health.ts'
export type * from './wire/incident.ts'
export type * from './wire/outage.ts'
export type * from './wire/overview.ts'
export type * from './wire/problem.ts'
export type * from './wire/request.ts'
export type * from './wire/rules.ts'
export type * from './wire/terms.ts'
export type * from './wire/trace.ts'
