import { judge } from '../../../analyzer/rules/judge.ts'
import type { Story } from '../../../analyzer/story/story.ts'
import { tellRecording, type Recording } from '../../support/litellm-recordings.ts'

/**
 * How well a set of recorded requests is judged. A class is *demanded* of a request where its
 * `expected.must` has it, *allowed* where `may` has it, and a *false alarm* anywhere else; what is
 * only allowed counts neither for nor against.
 */
export interface Score {
  readonly requests: number
  /** Told as one request, with an outcome among those that its spans allow. */
  readonly rightOutcomes: number
  /** Told as `unknown`; part of `rightOutcomes` where nothing else could be said. */
  readonly unknown: number
  readonly spans: number
  readonly classes: ReadonlyMap<string, ClassScore>
}

export interface ClassScore {
  readonly demanded: number
  readonly found: number
  readonly falseAlarms: number
  readonly allowed: number
}

const NONE: ClassScore = { demanded: 0, found: 0, falseAlarms: 0, allowed: 0 }

export function scoreOf(recordings: readonly Recording[]): Score {
  const classes = new Map<string, ClassScore>()
  let rightOutcomes = 0
  let unknown = 0
  for (const recording of recordings) {
    const { expected } = recording
    const stories = tellRecording(recording)
    const outcomes = outcomesOf(stories)
    if (outcomes.length === 1 && outcomes.every((one) => expected.outcome.includes(one))) {
      rightOutcomes += 1
    }
    if (outcomes.every((outcome) => outcome === 'unknown')) unknown += 1
    const fired = new Set(stories.flatMap((story) => judge(story).map(({ rule }) => rule)))
    for (const rule of new Set([...expected.must, ...fired])) {
      classes.set(rule, counted(classes.get(rule) ?? NONE, verdictOn(rule, recording, fired)))
    }
  }
  return {
    requests: recordings.length,
    rightOutcomes,
    unknown,
    spans: recordings.reduce((sum, { spans }) => sum + spans.length, 0),
    classes,
  }
}

type ClassVerdict = 'found' | 'missed' | 'allowed' | 'false-alarm'

function verdictOn(
  rule: string,
  { expected }: Recording,
  fired: ReadonlySet<string>,
): ClassVerdict {
  if (expected.must.includes(rule)) return fired.has(rule) ? 'found' : 'missed'
  return expected.may.includes(rule) ? 'allowed' : 'false-alarm'
}

function counted(score: ClassScore, verdict: ClassVerdict): ClassScore {
  switch (verdict) {
    case 'found':
      return { ...score, demanded: score.demanded + 1, found: score.found + 1 }
    case 'missed':
      return { ...score, demanded: score.demanded + 1 }
    case 'allowed':
      return { ...score, allowed: score.allowed + 1 }
    case 'false-alarm':
      return { ...score, falseAlarms: score.falseAlarms + 1 }
    default:
      return verdict satisfies never
  }
}

/** Spans that tell of no request are `unknown` by another name. */
function outcomesOf(stories: readonly Story[]): readonly string[] {
  return stories.length === 0 ? ['unknown'] : stories.map(({ outcome }) => outcome)
}

/** Of what was found and could have been right or wrong: the share that was right. */
export function precisionOf({ found, falseAlarms }: ClassScore): number | undefined {
  return share(found, found + falseAlarms)
}

/** Of the requests of which the class was demanded: the share in which it was found. */
export function recallOf({ demanded, found }: ClassScore): number | undefined {
  return share(found, demanded)
}

/** Undefined where there is nothing to take a share of. */
export function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole
}

/** Over all classes. */
export function totalOf(classes: ReadonlyMap<string, ClassScore>): ClassScore {
  return [...classes.values()].reduce(
    (sum, one) => ({
      demanded: sum.demanded + one.demanded,
      found: sum.found + one.found,
      falseAlarms: sum.falseAlarms + one.falseAlarms,
      allowed: sum.allowed + one.allowed,
    }),
    NONE,
  )
}
