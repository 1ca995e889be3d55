import type { RemedyStep } from './rule.ts'

/** The same command for every class: its fixtures are checked by it, and so is a mended router. */
export function verifyStep(rule: string): RemedyStep {
  return {
    text: 'Classify the spans that came since: it finds none.',
    snippet: {
      language: 'sh',
      code: `secondwind classify --router-config config.yaml --fail-on ${rule} spans.json`,
    },
  }
}
