import type { ContinuationStyle } from './answer-text.ts'
import { BEHAVIOURS, type Behaviour } from './behaviours.ts'
import type { Script } from './script.ts'

/** What a model name asks the provider to do. */
export interface ModelPlan {
  readonly behaviour: Behaviour
  readonly script: Script
  readonly style: ContinuationStyle
  readonly refusesPrefill: boolean
  /** Between two words. */
  readonly paceMs: number
}

/** Slow enough to look like a stream, fast enough for sixty words in a fifth of a second. */
const PACE_MS_DEFAULT = 2

const STYLES: ReadonlySet<string> = new Set<ContinuationStyle>([
  'from-anchor',
  'without-anchor',
  'starts-over',
  'starts-over-in-other-words',
])

/**
 * `LABEL@PART+PART`: the label is for readers and says nothing; a part is a behaviour (one at
 * most), a way to answer a continuation, `refuses-prefill` or `pace-MS`. `undefined` for any other
 * name: a misspelt behaviour must not pass for a healthy model.
 */
export function parseModel(model: string): ModelPlan | undefined {
  const parts = model.slice(model.lastIndexOf('@') + 1).split('+')
  let plan: ModelPlan = {
    behaviour: healthy,
    script: healthy.script(undefined),
    style: 'from-anchor',
    refusesPrefill: false,
    paceMs: PACE_MS_DEFAULT,
  }
  for (const part of parts) {
    const next = withPart(plan, part)
    if (!next) return undefined
    plan = next
  }
  return plan
}

function withPart(plan: ModelPlan, part: string): ModelPlan | undefined {
  if (part === 'refuses-prefill') return { ...plan, refusesPrefill: true }
  if (isStyle(part)) return { ...plan, style: part }
  const { name, parameter } = splitParameter(part)
  if (name === 'pace') return { ...plan, paceMs: parameter ?? PACE_MS_DEFAULT }
  const behaviour = BEHAVIOURS.find((one) => one.name === name)
  if (!behaviour || plan.behaviour !== healthy) return undefined
  return { ...plan, behaviour, script: behaviour.script(parameter) }
}

function isStyle(part: string): part is ContinuationStyle {
  return STYLES.has(part)
}

function splitParameter(part: string): { name: string; parameter: number | undefined } {
  const match = /^(.*)-(\d{1,6})$/.exec(part)
  const [, name, digits] = match ?? []
  if (name === undefined || digits === undefined) return { name: part, parameter: undefined }
  return { name, parameter: Number(digits) }
}

const healthy: Behaviour = findHealthy()

function findHealthy(): Behaviour {
  const found = BEHAVIOURS.find((one) => one.name === 'healthy')
  if (!found) throw new Error('the table of behaviours has no `healthy`')
  return found
}
