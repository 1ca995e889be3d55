import type { Remedy } from './rule.ts'

export interface RemedyNames {
  readonly route: string | null | undefined
  readonly fallback: string | null | undefined
}

/** Puts the names of an incident in the place of `{route}` and `{fallback}`. */
export function fillRemedy(remedy: Remedy, names: RemedyNames): Remedy {
  const route = names.route ?? 'the route'
  const fallback = names.fallback ?? 'the fallback'
  // Split and join: a name is data, and `replace` would read `$&` in it as a command.
  const fill = (text: string): string =>
    text.split('{route}').join(route).split('{fallback}').join(fallback)
  return {
    stopItNow: fill(remedy.stopItNow),
    fixIt: fill(remedy.fixIt),
    verify: fill(remedy.verify),
  }
}
