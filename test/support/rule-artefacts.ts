import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import type { RuleFacts } from '../../analyzer/rules/rule.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/traces/', import.meta.url))
const PAGES = fileURLToPath(new URL('../../docs/rules/', import.meta.url))

const HEADINGS = [
  '## What it means',
  '## What triggers it',
  '## Stop it now',
  '## Fix it',
  '## Verify',
  '## When to mute',
]

/** `fires-*`: the rule must find something in it; `quiet-*`: it must not. */
export interface RuleFixture<Content> {
  readonly name: string
  readonly fires: boolean
  readonly content: Content
}

/** The fixtures of a rule, in the order of their names. */
export function readFixtures<Content>(ruleId: string): readonly RuleFixture<Content>[] {
  const folder = `${FIXTURES}${ruleId}/`
  return readdirSync(folder)
    .toSorted()
    .map((name) => ({
      name,
      fires: name.startsWith('fires-'),
      content: JSON.parse(readFileSync(folder + name, 'utf8')) as Content,
    }))
}

/** What every rule has beside its code; `opening` is the first line of its page. */
export function testArtefacts(
  { id, title }: Pick<RuleFacts, 'id' | 'title'>,
  {
    fixtures,
    opening,
  }: { readonly fixtures: readonly RuleFixture<unknown>[]; readonly opening: string },
): void {
  const names = fixtures.map(({ name }) => name)

  test('has fixtures that fire and near misses that do not', () => {
    expect(names.filter((name) => /^fires-[a-z0-9-]+\.json$/u.test(name))).not.toEqual([])
    expect(names.filter((name) => /^quiet-[a-z0-9-]+\.json$/u.test(name))).not.toEqual([])
    expect(names.filter((name) => !/^(?:fires|quiet)-[a-z0-9-]+\.json$/u.test(name))).toEqual([])
  })

  test('has a page that a person who was just paged can follow', () => {
    const lines = readFileSync(`${PAGES}${id}.md`, 'utf8').split('\n')
    expect(lines[0]).toBe(`# ${id}: ${title}`)
    expect(lines).toContain(opening)
    expect(lines.filter((line) => line.startsWith('## '))).toEqual(HEADINGS)
  })
}
