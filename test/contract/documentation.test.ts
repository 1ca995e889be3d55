import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { analyzerSchema } from '../../analyzer/config/analyzer-schema.ts'
import { EXIT } from '../../cli/command.ts'
import { COMMAND_ERROR_CODES, CommandError } from '../../cli/command-error.ts'
import { SETTING_KEYS } from '../../collector/config/litellm-settings.ts'
import { PROBLEM_CODES } from '../../collector/config/problem.ts'
import { PROVIDERS } from '../../collector/config/providers.ts'
import { secondwindSchema } from '../../collector/config/secondwind-schema.ts'
import { CHAT_REFUSED } from '../../collector/protocol/translate/read-chat-request.ts'
import { MESSAGES_REFUSED } from '../../collector/protocol/translate/read-messages-request.ts'
import { RESPONSES_REFUSED } from '../../collector/protocol/translate/read-responses-request.ts'
import { listOptions } from '../support/config-options.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** Cells of every table row that begins with a word in backticks. */
function rowsOf(markdown: string): readonly (readonly string[])[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe('docs/config.md', () => {
  const rows = rowsOf(read('docs/config.md'))

  test('has a row for each option, with its default and its meaning, and no other', () => {
    const options = [
      ...listOptions('secondwind', secondwindSchema),
      ...listOptions('analyzer', analyzerSchema),
    ]
    const documented = rows.filter(([name = '']) => /^`(?:secondwind|analyzer)\./.test(name))
    expect(documented).toEqual(
      options.map((option) => [`\`${option.path}\``, `\`${option.default}\``, option.description]),
    )
    for (const option of options) expect(option.description).not.toBe('')
  })

  test('has a row for each provider, with its address and its usual keys, and no other', () => {
    const documented = rows.filter(([name = '']) => /^`[a-z0-9_]+\/`$/.test(name))
    expect(documented).toEqual(
      [...PROVIDERS].map(([name, facts]) => [
        `\`${name}/\``,
        facts.apiBase ?? 'your server',
        facts.keyVariables.map((variable) => `\`${variable}\``).join(', '),
      ]),
    )
  })

  test('names every setting of LiteLLM that is honoured', () => {
    const text = read('docs/config.md')
    for (const key of SETTING_KEYS) expect(text).toContain(`\`${key}`)
  })
})

describe('docs/errors.md', () => {
  const rows = rowsOf(read('docs/errors.md')).filter(([name = '']) => /^`[A-Z_]+`$/.test(name))
  const codesOf = (prefix: RegExp) =>
    rows.map(([code = '']) => code.replaceAll('`', '')).filter((code) => prefix.test(code))

  test('has a row for each error of a command and of a configuration, and no other', () => {
    const ours = codesOf(/^(?!ANALYZER_)/)
    expect(ours.toSorted()).toEqual([...COMMAND_ERROR_CODES, ...PROBLEM_CODES].toSorted())
  })

  test('has a row for each error of the analyzer, and no other', () => {
    const declared = read('analyzer/errors.ts').match(/ANALYZER_[A-Z_]+/g) ?? []
    expect(codesOf(/^ANALYZER_/).toSorted()).toEqual([...new Set(declared)].toSorted())
  })

  test('says the exit code that each error of a command has', () => {
    for (const code of COMMAND_ERROR_CODES) {
      const row = rows.find(([name]) => name === `\`${code}\``)
      expect(row?.[1]).toBe(String(new CommandError(code, { message: '' }).exitCode))
    }
  })

  test('explains every exit code', () => {
    for (const code of Object.values(EXIT))
      expect(read('docs/errors.md')).toContain(`\n| ${code} |`)
  })

  test('names every code that the sidecar tells its clients', () => {
    for (const file of ['serve-request.ts', 'create-server.ts']) {
      for (const [, code] of read(`collector/server/${file}`).matchAll(/^\s+code: '([a-z_]+)'/gm)) {
        expect(read('docs/errors.md')).toContain(`| \`${code}\` |`)
      }
    }
  })
})

describe('docs/decisions', () => {
  test('give a line to each runtime dependency, and to nothing else', () => {
    const manifest = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
    const documented = rowsOf(read('docs/decisions/0001-runtime-dependencies.md'))
    expect(documented.map(([name = '']) => name.replaceAll('`', '')).toSorted()).toEqual(
      Object.keys(manifest.dependencies).toSorted(),
    )
  })
})

describe('docs/translation.md', () => {
  test('has a row for each field that is refused wherever it is given, with its reason', () => {
    const rows = rowsOf(read('docs/translation.md').split('## Refused by name')[1] ?? '')
    const refused = [
      ['Chat Completions', CHAT_REFUSED],
      ['Responses', RESPONSES_REFUSED],
      ['Messages', MESSAGES_REFUSED],
    ] as const
    expect(rows.slice(1)).toEqual(
      refused.flatMap(([client, fields]) =>
        Object.entries(fields).map(([field, why]) => [`\`${field}\``, client, why]),
      ),
    )
  })
})
