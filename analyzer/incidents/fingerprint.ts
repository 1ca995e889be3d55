import { createHash } from 'node:crypto'

import type { Story } from '../story/story.ts'
import { normaliseCause } from './normalise-cause.ts'
import { failedProvider, routeEdge } from './route-edge.ts'

/** Raised when the same request would get another fingerprint: old incidents then stop growing. */
export const FINGERPRINT_VERSION = 1

/** Names come from config files and spans; a longer one is cut, so a hostile one stays small. */
const NAME_CHARS_MAX = 200

/** Hex digits of an incident's id: 64 bits, so that no two of a few thousand collide. */
const ID_DIGITS = 16

/** What two requests share when they are one incident. Shown to the reader as it is. */
export interface FingerprintIngredients {
  readonly rule: string
  readonly source: string
  readonly from: string
  readonly to: string
  readonly provider: string
  readonly cause: string
}

export interface Fingerprint {
  readonly version: number
  /** `inc-` and hex digits; the incident's id. */
  readonly id: string
  readonly ingredients: FingerprintIngredients
}

/** `finding` is the one that owns the incident: its rule and cause go in. */
export function fingerprintStory(
  story: Story,
  finding: { readonly rule: string; readonly cause: string },
): Fingerprint {
  const edge = routeEdge(story)
  const ingredients: FingerprintIngredients = {
    rule: finding.rule,
    source: cut(story.source),
    from: cut(edge.from ?? ''),
    to: cut(edge.to ?? ''),
    provider: cut(failedProvider(story) ?? ''),
    cause: normaliseCause(finding.cause),
  }
  return { version: FINGERPRINT_VERSION, id: toId(ingredients), ingredients }
}

/** Each dead target is an incident of its own; its name is the operator's, and no error text. */
export function fingerprintWindow(window: {
  readonly rule: string
  readonly source: string
  readonly route: string
  readonly target: string
  readonly provider: string
}): Fingerprint {
  const { rule, source, route, target, provider } = window
  const ingredients: FingerprintIngredients = {
    rule,
    source: cut(source),
    from: cut(route),
    to: '',
    provider: cut(provider),
    cause: cut(target),
  }
  return { version: FINGERPRINT_VERSION, id: toId(ingredients), ingredients }
}

/** What stands for every route, provider and cause of an incident that many are folded into. */
export const OTHER = '__other__'

/** The incident of one rule and source that takes what has no place of its own (`caps.ts`). */
export function foldFingerprint({ ingredients }: Fingerprint): Fingerprint {
  const { rule, source } = ingredients
  const folded = { rule, source, from: OTHER, to: OTHER, provider: OTHER, cause: OTHER }
  return { version: FINGERPRINT_VERSION, id: toId(folded), ingredients: folded }
}

/** Hashed as a JSON list: a name that holds a separator cannot pass for two ingredients. */
function toId(ingredients: FingerprintIngredients): string {
  const { rule, source, from, to, provider, cause } = ingredients
  const list = JSON.stringify([FINGERPRINT_VERSION, rule, source, from, to, provider, cause])
  return `inc-${createHash('sha256').update(list).digest('hex').slice(0, ID_DIGITS)}`
}

function cut(name: string): string {
  return name.slice(0, NAME_CHARS_MAX)
}
