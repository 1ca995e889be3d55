import { expect, test } from 'vitest'
import { APIS } from '../../collector/vocabulary.ts'
import { BEHAVIOURS } from '../../demo/provider/behaviours.ts'
import { parseModel } from '../../demo/provider/parse-model.ts'
import { SCENARIOS } from '../../demo/scenarios.ts'
import { schedule, scheduleFor, type Planned } from '../../demo/schedule.ts'

function first(count: number, seed: number): readonly Planned[] {
  const planned: Planned[] = []
  for (const one of schedule({ seed, ratePerSecond: 5 })) {
    planned.push(one)
    if (planned.length === count) break
  }
  return planned
}

const names = (planned: readonly Planned[]): readonly string[] =>
  planned.map(({ scenario }) => scenario.name)

test('the same seed plans the same requests at the same times, another seed others', () => {
  expect(first(200, 7)).toEqual(first(200, 7))
  expect(names(first(200, 7))).not.toEqual(names(first(200, 8)))
})

test('every scenario is planned at least once, however short the time is', () => {
  const planned = scheduleFor(1, { seed: 1, ratePerSecond: 1 })
  expect(new Set(names(planned)).size).toBe(SCENARIOS.length)
})

test('a duration and a rate decide how many requests are sent', () => {
  expect(scheduleFor(20, { seed: 7, ratePerSecond: 5 })).toHaveLength(100)
})

test('once every scenario was shown, most of the traffic is healthy', () => {
  const later = first(1000, 3).slice(SCENARIOS.length)
  const healthy = later.filter(({ scenario }) => scenario.expected.outcome === 'ok')
  expect(healthy.length / later.length).toBeGreaterThan(0.6)
})

test.each(APIS)('clients of %s are seen served, rescued and failing', (api) => {
  const outcomes = SCENARIOS.flatMap((scenario) =>
    scenario.api === api ? [scenario.expected.outcome] : [],
  )
  expect(outcomes).toEqual(expect.arrayContaining(['ok', 'rescued', 'failed']))
})

test('every target of every scenario is a model that the provider knows', () => {
  const models = SCENARIOS.flatMap(({ targets, backup }) => [...targets, ...backup]).map(
    ({ model }) => model.slice(model.indexOf('/') + 1),
  )
  expect(models.filter((model) => parseModel(model) === undefined)).toEqual([])
})

test('every way to break is some scenario’s, but for the variants that only tests ask for', () => {
  const onlyInTests = [
    'length',
    'tool-call',
    'context-too-long',
    'close-before-headers',
    'cut-close',
    'cut-length',
    'error-flat',
    'error-unnamed',
    'stray-page',
    'half-event',
    'long-line',
    'no-closing-frame',
    'html-502',
    'redirect',
    'whole-answer',
  ]
  const used = SCENARIOS.flatMap(({ targets, backup }) => [...targets, ...backup]).map(
    ({ model }) => parseModel(model.slice(model.indexOf('/') + 1))?.behaviour.name,
  )
  const unused = BEHAVIOURS.map(({ name }) => name).filter((name) => !used.includes(name))
  expect(unused).toEqual(onlyInTests)
})
