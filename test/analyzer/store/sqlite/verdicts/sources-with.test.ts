import { expect, test } from 'vitest'

import { SourcesWith } from '../../../../../analyzer/store/sqlite/verdicts/sources-with.ts'

/** What a table has, and how often it was asked. */
function asked(...inTable: readonly string[]) {
  const table = new Set(inTable)
  const questions: string[] = []
  const sources = new SourcesWith((source) => {
    questions.push(source)
    return table.has(source)
  })
  return { table, questions, sources }
}

test('asks the table once about each source, whichever the answer is', () => {
  const { sources, questions } = asked('router')
  for (let times = 0; times < 3; times += 1) {
    expect(sources.has('router')).toBe(true)
    expect(sources.has('proxy')).toBe(false)
  }
  expect(questions).toEqual(['router', 'proxy'])
})

test('a source that had none has some from its first row on', () => {
  const { sources } = asked()
  expect(sources.has('router')).toBe(false)
  sources.add('router')
  expect(sources.has('router')).toBe(true)
})

test('asks again once a transaction failed: the row that was to be there may not be', () => {
  const { sources } = asked()
  sources.add('router')
  sources.clear()
  expect(sources.has('router')).toBe(false)
})

test('remembers no more sources than it may, and is right about all of them', () => {
  const { sources, questions } = asked('app-7')
  for (let index = 0; index < 1500; index += 1) sources.has(`app-${index}`)
  expect(sources.has('app-7')).toBe(true)
  expect(sources.has('app-8')).toBe(false)
  expect(questions.length).toBeLessThanOrEqual(1502)
})
