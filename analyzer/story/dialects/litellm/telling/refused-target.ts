import type { SkippedTarget } from '../../../story.ts'

/** `Passed model=<route>. pre-call-checks=False, cooldown_list=['<id>']`. */
const PASSED_MODEL = /Passed model=([^\n]{1,200}?)\. /u

/**
 * The text speaks of a cool-down in any case. Where its list is empty nothing cools down: a gate
 * (of continuations, of limits) found no deployment that may be asked.
 */
export function refusedTarget(text: string, route?: string): SkippedTarget | undefined {
  const deployment = route ?? PASSED_MODEL.exec(text)?.[1]
  if (deployment === undefined) return undefined
  const why = whyRefused(text)
  return why === undefined ? { deployment } : { deployment, why }
}

function whyRefused(text: string): SkippedTarget['why'] {
  if (text.includes('cooldown_list=[]')) return 'gate'
  return text.includes('cooldown_list=[') ? 'cooling_down' : undefined
}
