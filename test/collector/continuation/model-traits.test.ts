import { expect, test } from 'vitest'
import { modelTraits } from '../../../collector/continuation/model-traits.ts'

test.each([
  ['claude-opus-4-6', true],
  ['claude-opus-4-7', false],
  ['claude-sonnet-5', false],
  ['claude-fable-5', false],
  ['gpt-4.1', true],
  ['gpt-5.2', false],
  ['gpt-5-chat-latest', true],
  ['openai/o4-mini', false],
  ['some-model', true],
])('%s accepts sampling parameters: %s', (model, accepts) => {
  expect(modelTraits({ model }).acceptsSampling).toBe(accepts)
})

test.each([
  ['claude-3-opus-20240229', true],
  ['claude-sonnet-4-20250514', true],
  ['claude-opus-4-1-20250805', false],
  ['claude-sonnet-4-5', false],
])('%s accepts top_p beside temperature: %s', (model, accepts) => {
  expect(modelTraits({ model }).acceptsTopPWithTemperature).toBe(accepts)
})

test.each([
  ['claude-sonnet-4-5', false, true],
  ['claude-opus-4-6', true, true],
  ['claude-3-5-haiku-latest', false, false],
  ['claude-mythos-preview', true, true],
  ['gpt-5-mini', true, false],
  ['o3', true, false],
  ['openai/gpt-oss-120b', true, false],
  ['gpt-4o', false, false],
  ['some-model', false, false],
])('%s takes an effort: %s, strict tools in Anthropic’s words: %s', (model, effort, strict) => {
  const { acceptsEffort, acceptsStrictTools = false } = modelTraits({ model })
  expect([acceptsEffort, acceptsStrictTools]).toEqual([effort, strict])
})

test.each([
  ['claude-3-haiku-20240307', 4096],
  ['claude-3-5-sonnet-20241022', 8192],
  ['claude-3-7-sonnet-latest', 32_000],
  ['claude-sonnet-4-5@20250929', 32_000],
  ['claude-fable-5', 32_000],
  ['some-model', undefined],
])('%s is asked for %s tokens where the client gave no limit', (model, limit) => {
  expect(modelTraits({ model }).maxTokensDefault).toBe(limit)
})
