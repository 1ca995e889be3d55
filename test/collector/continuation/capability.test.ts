import { describe, expect, test } from 'vitest'
import { acceptsSampling, capabilityOf } from '../../../collector/continuation/capability.ts'
import type { CapabilityTarget } from '../../../collector/continuation/capability.ts'
import { createLearnedRefusals } from '../../../collector/continuation/learned-refusals.ts'

function target(model: string, fields: Partial<CapabilityTarget> = {}): CapabilityTarget {
  return { id: 'route/1', provider: 'openai', model, apiBase: 'http://127.0.0.1:1/v1', ...fields }
}

describe('capabilityOf', () => {
  test.each([
    ['claude-2.1', 'yes'],
    ['claude-3-5-sonnet-20241022', 'yes'],
    ['claude-3-opus-20240229', 'yes'],
    ['claude-sonnet-4-20250514', 'yes'],
    ['claude-opus-4-1-20250805', 'yes'],
    ['claude-sonnet-4-5-20250929', 'yes'],
    ['claude-haiku-4-5@20251001', 'yes'],
    ['anthropic/claude-sonnet-4.5', 'yes'],
    ['claude-sonnet-4-6', 'no'],
    ['claude-opus-4-7', 'no'],
    ['us.anthropic.claude-opus-4-6-v1:0', 'no'],
    ['claude-opus-4.6', 'no'],
    ['claude-opus-5', 'no'],
    ['claude-haiku-5-5', 'no'],
    ['claude-sonnet-10', 'no'],
    ['claude-mythos-preview', 'no'],
    ['claude-fable-5.1', 'no'],
    ['claude-next', 'unknown'],
    ['gemini-2.5-pro', 'yes'],
    ['gemini-3-pro', 'yes'],
    ['gemini-3.5-flash', 'yes'],
    ['gemini-3.5-flash-lite', 'no'],
    ['gemini-3.6-flash', 'no'],
    ['gemini-4-pro', 'no'],
    ['gemini-exp', 'unknown'],
    ['gpt-4o', 'no'],
    ['o3-mini', 'no'],
    ['chatgpt-4o-latest', 'no'],
    ['openai/gpt-5', 'no'],
    ['gpt-oss-120b', 'unknown'],
    ['llama-3.3-70b', 'unknown'],
  ])('knows from the table: %s continues a prefill: %s', (model, prefill) => {
    expect(capabilityOf(target(model))).toEqual({ prefill, source: 'table' })
  })

  test('a model at api.openai.com continues nothing, whatever its name', () => {
    const apiBase = 'https://api.openai.com/v1'
    expect(capabilityOf(target('ft:custom', { apiBase })).prefill).toBe('no')
  })

  test('Mistral and DeepSeek want a flag on the message, DeepSeek its beta address too', () => {
    expect(capabilityOf(target('mistral-large', { provider: 'mistral' }))).toEqual({
      prefill: 'yes',
      source: 'table',
      flags: { message: { prefix: true } },
    })
    const deepseek = (apiBase: string): string =>
      capabilityOf(target('deepseek-chat', { provider: 'deepseek', apiBase })).prefill
    expect(deepseek('https://api.deepseek.com/beta')).toBe('yes')
    expect(deepseek('https://api.deepseek.com')).toBe('no')
  })

  test('configuration overrides the table and what was learned', () => {
    const refusals = createLearnedRefusals()
    refusals.learn('route/1', 0)
    const yes = target('claude-opus-5', { supportsAssistantPrefill: true })
    expect(capabilityOf(yes, { refusals, nowMs: 0 })).toEqual({ prefill: 'yes', source: 'config' })
    const no = target('claude-3-opus', { supportsAssistantPrefill: false })
    expect(capabilityOf(no)).toEqual({ prefill: 'no', source: 'config' })
  })

  test('a refusal is remembered for an hour, per deployment', () => {
    const refusals = createLearnedRefusals()
    refusals.learn('route/1', 1000)
    const at = (nowMs: number, id = 'route/1'): string => {
      const { prefill, source } = capabilityOf(target('claude-3-opus', { id }), { refusals, nowMs })
      return `${prefill} ${source}`
    }
    expect(at(1000)).toBe('no learned')
    expect(at(1000 + 3_599_999)).toBe('no learned')
    expect(at(1000, 'route/2')).toBe('yes table')
    expect(at(1000 + 3_600_000)).toBe('yes table')
  })
})

test.each([
  ['claude-opus-4-6', true],
  ['claude-opus-4-7', false],
  ['claude-sonnet-5', false],
  ['claude-fable-5', false],
  ['some-model', true],
])('%s accepts sampling parameters: %s', (model, accepts) => {
  expect(acceptsSampling({ model })).toBe(accepts)
})
