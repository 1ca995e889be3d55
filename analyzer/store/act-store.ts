import type { Act } from '../incidents/act.ts'
import type { ConfigReading } from '../incidents/markers.ts'

/**
 * What people did to incidents. Unlike all that the verdict store holds it cannot be made again:
 * it stands in a file of its own, is on disk before it is answered, and outlives every derivation.
 */
export interface ActStore {
  /** Acts of one incident, in the order in which they were done. */
  actsOf(incidentId: string): readonly Act[]
  /** Ids of those that anybody ever acted on, the latest first. */
  incidents(): readonly string[]
  /** What was answered under this key; undefined: nothing, or too long ago (`ANSWER_MS`). */
  answerTo(key: string): ActAnswer | undefined
  /** On disk when it returns `kept`, and only then; together with what was answered. */
  append(incidentId: string, act: Act, answer?: KeyedAnswer): Appended
  /** The same for an act that changes nothing, and for one that is refused. */
  keepAnswer(answer: KeyedAnswer, atMs: number): Appended
  /** Whether a mute ends behind the first of these times, up to the second. */
  hasMuteEndIn(afterMs: number, toMs: number): boolean
  /**
   * One bounded step: forgets what was done, all of it before this time, to incidents that are
   * forgotten too. Whether there may be more.
   */
  forget(beforeMs: number, isForgotten: (incidentId: string) => boolean): boolean
  /** Of the last act that was ever kept; see `Appended`. */
  lastId(): number
  /** Keeps what a source's router file means, where that is another than it was. */
  noteConfig(reading: ConfigReading): void
  /** Of all sources, the latest first. */
  configReadings(): readonly ConfigReading[]
  health(): ActHealth
  close(): void
}

/** What is remembered of an answer, so that a repeated act gets it again. */
export interface ActAnswer {
  /** Of all that was asked for: another act under the same key is told by it. */
  readonly digest: string
  /** Why it was refused; absent: it was done, or had nothing to change. */
  readonly refused?: string
}

/** `key`: chosen by the client, for this act alone. */
export type KeyedAnswer = ActAnswer & { readonly key: string }

export type Appended =
  /** `lastId` grows with each act: whoever has seen it knows later that one is missing. */
  | { readonly kind: 'kept'; readonly lastId: number }
  | { readonly kind: 'full'; readonly of: 'incident' | 'store'; readonly limit: number }
  /** Disk full, file locked, removed or damaged: nothing of it is kept. */
  | { readonly kind: 'failed'; readonly why: string }

export interface ActHealth {
  /** It can be neither read nor written; undefined where all is well. */
  readonly trouble: { readonly sinceMs: number; readonly why: string } | undefined
  /** The latest first. */
  readonly losses: readonly ActLoss[]
}

/** What was found when the file was opened. */
export interface ActLoss {
  readonly atMs: number
  /**
   * `missing`: there were acts, and the file was gone. `older`: a file without the last of them was
   * there. `damaged`: it was set aside, and what could be read of it is here.
   */
  readonly how: 'missing' | 'older' | 'damaged'
  /** Acts that are still there. */
  readonly saved: number
}

/** More than people do in half a year; so many are read, told and shown whole. */
export const ACTS_OF_INCIDENT_MAX = 500

/** A client that repeats what was cut does so within seconds; a page left open, within a night. */
export const ANSWER_MS = 24 * 3_600_000

/** The oldest go first: far more than people do in a day, and a few MiB. */
export const ANSWERS_MAX = 10_000

/** Of a large team in the half year that incidents are kept: some 250 a day. */
export const ACTS_MAX = 50_000
