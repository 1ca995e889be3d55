import type { RuleFacts } from '../../analyzer/rules/rule.ts'
import { sightOf } from '../../analyzer/rules/sight.ts'
import type { Dialect } from '../../analyzer/story/dialects/dialect.ts'
import { FACT_NAMES } from '../../analyzer/story/fact-name.ts'

const NAMES: Readonly<Record<Dialect['name'], string>> = {
  secondwind: 'sidecar',
  'litellm-v1': 'LiteLLM v1',
  'litellm-v2': 'LiteLLM v2',
  'gen-ai': 'GenAI convention',
  openinference: 'OpenInference',
}

const SIGHTS = { always: 'yes', sometimes: 'sometimes', never: 'no' } as const

/** `docs/what-can-be-seen.md`, whole. */
export function renderSights(rules: readonly RuleFacts[], dialects: readonly Dialect[]): string {
  return [
    '# What can be seen',
    '',
    'Which incident classes the spans of which sender can show. A class needs certain facts, and is',
    'seen as well as the one that is told worst. What cannot be seen is not guessed: the class stays',
    'silent there. What a source of yours cannot show, in its releases and modes, its line on the',
    'health page says.',
    '',
    'Made by `node scripts/what-can-be-seen.mjs` from what each rule needs and each dialect tells.',
    '',
    '## Incident classes',
    '',
    ...table(
      ['class', ...dialects.map(({ name }) => NAMES[name]), 'needs'],
      rules.map((rule) => [
        `[\`${rule.id}\`](rules/${rule.id}.md)`,
        ...dialects.map((dialect) => SIGHTS[sightOf(rule, dialect).sight]),
        rule.needs.join(', ') || 'nothing',
      ]),
    ),
    '',
    '## Facts',
    '',
    ...table(
      ['fact', ...dialects.map(({ name }) => NAMES[name])],
      FACT_NAMES.map((fact) => [fact, ...dialects.map(({ tells }) => SIGHTS[tells[fact].sight])]),
    ),
    ...dialects.flatMap(reasons),
    '',
  ].join('\n')
}

function reasons({ name, tells }: Dialect): readonly string[] {
  const lacking = FACT_NAMES.flatMap((fact) => {
    const telling = tells[fact]
    return telling.sight === 'always' ? [] : [[fact, SIGHTS[telling.sight], telling.why]]
  })
  if (lacking.length === 0) return []
  return [
    '',
    `## ${NAMES[name]}: what is missing, and why`,
    '',
    ...table(['fact', 'told', 'why'], lacking),
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)]
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
