import { expect, test } from 'vitest'

import { RULES } from '../../../analyzer/rules/index.ts'
import type { RuleFacts, Severity } from '../../../analyzer/rules/rule.ts'
import { WINDOW_RULES } from '../../../analyzer/rules/window/index.ts'

/** Public names, in order of priority. `opens`: also where the client got a whole answer. */
const CLASSES: readonly (readonly [
  id: string,
  severity: Severity,
  opens: boolean,
  title: string,
])[] = [
  ['tool-call-replayed', 'high', true, 'Tool call delivered twice'],
  ['prefill-rejected', 'high', false, 'Fallback refused the assistant prefill'],
  ['rescue-broke-client', 'high', true, 'Rescued stream breaks the client’s SDK'],
  ['output-duplicated', 'high', true, 'Text delivered twice'],
  ['continuation-unsafe', 'high', true, 'Continued where it corrupts'],
  ['aresponses-fallback-bypassed', 'high', false, 'Fallback skipped on /v1/responses'],
  ['fallback-bypassed', 'high', false, 'Fallback skipped'],
  ['no-eligible-deployment', 'high', false, 'No deployment was eligible'],
  ['fallback-unfit', 'high', false, 'Fallback cannot take this request'],
  ['fallback-exhausted', 'high', false, 'Every target failed'],
  ['no-fallback-configured', 'medium', false, 'Nothing to fall back to'],
  ['credential-or-model-dead', 'high', true, 'Key or model is dead'],
  ['error-masked', 'high', false, 'The client was shown another error'],
  ['stream-truncated', 'high', false, 'Cut stream passed off as complete'],
  ['error-in-success', 'high', true, 'Error inside HTTP 200 ignored'],
  ['empty-success', 'medium', false, 'Empty answer passed off as complete'],
  ['stream-stalled', 'medium', false, 'Silence longer than the limit'],
  ['opt-out-ignored', 'medium', true, 'Fallback tried though switched off for this request'],
  ['orphan-spend', 'medium', true, 'Paid for after the client left'],
  ['retry-storm', 'medium', true, 'More upstream calls than the budget for one request'],
  ['failure-unclassified', 'medium', false, 'Failed, no class fits'],
  ['correlated-fallback', 'info', false, 'Fallback shares what failed'],
  ['status-rewritten', 'info', false, 'Status or type differs from the upstream’s'],
  ['usage-lost', 'info', false, 'Tokens counted nowhere'],
  ['slow-first-chunk', 'info', false, 'First content later than the limit'],
  [
    'served-model-misreported',
    'info',
    false,
    'Response names another model than the one that served',
  ],
  ['trace-incomplete', 'info', false, 'Spans missing: no verdict, and that is said'],
]

const WINDOW_CLASSES: readonly (readonly [id: string, severity: Severity, title: string])[] = [
  ['cooldown-missed', 'medium', 'A failing deployment keeps being picked'],
  ['fallback-sustained', 'medium', 'Primary dead for minutes, everything rescued'],
]

/** An apostrophe is one, however it is set. */
function plain(title: string): string {
  return title.replaceAll('’', "'")
}

test('the registry holds the classes of requests by priority, with their severity', () => {
  expect(
    RULES.map((rule) => [rule.id, rule.severity, rule.opensWhenRescued, plain(rule.title)]),
  ).toEqual(CLASSES.map(([id, severity, opens, title]) => [id, severity, opens, plain(title)]))
})

test('after them come the classes of many requests', () => {
  expect(WINDOW_RULES.map((rule) => [rule.id, rule.severity, plain(rule.title)])).toEqual(
    WINDOW_CLASSES.map(([id, severity, title]) => [id, severity, plain(title)]),
  )
})

test('a remedy says how it is verified, and what is to be copied holds no place that nobody fills', () => {
  const all: readonly RuleFacts[] = [...RULES, ...WINDOW_RULES]
  const poor = all.flatMap(({ id, remedy }) => {
    const { stopItNow, fixIt, verify } = remedy
    const codes = [stopItNow, fixIt, verify].map(({ snippet }) => snippet?.code ?? '')
    return [
      ...(verify.snippet === undefined ? [`${id}: verify`] : []),
      // `{name}` in a snippet that nobody fills would be pasted as it stands.
      ...codes
        .flatMap((code) => code.match(/\{[a-z]+\}/gu) ?? [])
        .filter((place) => place !== '{route}' && place !== '{fallback}')
        .map((place) => `${id}: ${place}`),
    ]
  })
  expect(poor).toEqual([])
})
