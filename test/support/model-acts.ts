import type { Act } from '../../analyzer/incidents/act.ts'
import type { ConfigReading } from '../../analyzer/incidents/markers.ts'
import {
  ACTS_MAX,
  ACTS_OF_INCIDENT_MAX,
  ANSWER_MS,
  ANSWERS_MAX,
  type ActAnswer,
  type ActHealth,
  type ActLoss,
  type ActStore,
  type Appended,
  type KeyedAnswer,
} from '../../analyzer/store/act-store.ts'

/** Everything that is kept of acts, whoever has it open. */
export interface ModelActs {
  acts: readonly { readonly incidentId: string; readonly act: Act }[]
  answers: readonly (KeyedAnswer & { readonly atMs: number })[]
  readings: readonly ConfigReading[]
  losses: readonly ActLoss[]
  lastId: number
}

export function emptyActs(): ModelActs {
  return { acts: [], answers: [], readings: [], losses: [], lastId: 0 }
}

/** The interface as simply as it can be said: the oracle for real engines. */
export class ModelActStore implements ActStore {
  readonly #model: ModelActs

  constructor(model: ModelActs, { knownUpTo, nowMs }: { knownUpTo: number; nowMs: number }) {
    this.#model = model
    if (knownUpTo <= model.lastId) return
    const how = model.lastId === 0 ? 'missing' : 'older'
    model.losses = [{ atMs: nowMs, how, saved: model.acts.length }, ...model.losses]
    model.lastId = knownUpTo
  }

  actsOf(incidentId: string): readonly Act[] {
    return this.#model.acts.flatMap((each) => (each.incidentId === incidentId ? [each.act] : []))
  }

  incidents(): readonly string[] {
    return [...new Set(this.#model.acts.map(({ incidentId }) => incidentId).toReversed())]
  }

  answerTo(key: string): ActAnswer | undefined {
    const answer = this.#model.answers.find((each) => each.key === key)
    if (answer === undefined) return undefined
    const { digest, refused } = answer
    return { digest, ...(refused !== undefined && { refused }) }
  }

  append(incidentId: string, act: Act, answer?: KeyedAnswer): Appended {
    const model = this.#model
    if (this.actsOf(incidentId).length >= ACTS_OF_INCIDENT_MAX) {
      return { kind: 'full', of: 'incident', limit: ACTS_OF_INCIDENT_MAX }
    }
    if (model.acts.length >= ACTS_MAX) return { kind: 'full', of: 'store', limit: ACTS_MAX }
    if (answer !== undefined) {
      const kept = this.keepAnswer(answer, act.atMs)
      if (kept.kind !== 'kept') return kept
    }
    model.acts = [...model.acts, { incidentId, act }]
    model.lastId += 1
    return { kind: 'kept', lastId: model.lastId }
  }

  keepAnswer(answer: KeyedAnswer, atMs: number): Appended {
    const model = this.#model
    if (this.answerTo(answer.key) !== undefined) return { kind: 'failed', why: 'the key is taken' }
    const young = model.answers.filter((each) => each.atMs >= atMs - ANSWER_MS)
    model.answers = [...young, { ...answer, atMs }].slice(-ANSWERS_MAX)
    return { kind: 'kept', lastId: model.lastId }
  }

  hasMuteEndIn(afterMs: number, toMs: number): boolean {
    return this.#model.acts.some(
      ({ act: { untilMs } }) => untilMs !== undefined && untilMs > afterMs && untilMs <= toMs,
    )
  }

  forget(beforeMs: number, isForgotten: (incidentId: string) => boolean): boolean {
    const gone = this.incidents().filter(
      (id) => this.actsOf(id).every(({ atMs }) => atMs < beforeMs) && isForgotten(id),
    )
    this.#model.acts = this.#model.acts.filter(({ incidentId }) => !gone.includes(incidentId))
    return false
  }

  lastId(): number {
    return this.#model.lastId
  }

  noteConfig(reading: ConfigReading): void {
    const last = this.configReadings().find(({ source }) => source === reading.source)
    if (last?.hash !== reading.hash) this.#model.readings = [...this.#model.readings, reading]
  }

  configReadings(): readonly ConfigReading[] {
    return this.#model.readings.toReversed().toSorted((left, right) => right.atMs - left.atMs)
  }

  health(): ActHealth {
    return { trouble: undefined, losses: this.#model.losses }
  }

  close(): void {
    // Nothing is held.
  }
}
