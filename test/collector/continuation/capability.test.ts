import { describe, expect, test } from 'vitest'
import { capabilityOf } from '../../../collector/continuation/capability.ts'
import type { CapabilityTarget } from '../../../collector/continuation/capability.ts'
import { createLearnedRefusals } from '../../../collector/continuation/learned-refusals.ts'

function target(model: string, fields: Partial<CapabilityTarget> = {}): CapabilityTarget {
  return { id: 'route/1', provider: 'openai', model, apiBase: 'http://127.0.0.1:1/v1', ...fields }
}

describe('capabilityOf', () => {
  test.each([
    ['claude-2.1', 'yes'],
    ['claude-instant-1.2', 'yes'],
    ['anthropic.claude-v2:1', 'yes'],
    ['claude-3-haiku-20240307', 'yes'],
    ['claude-3-opus-latest', 'yes'],
    ['claude-3-5-sonnet-20241022', 'yes'],
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', 'yes'],
    ['claude-3-5-sonnet-v2@20241022', 'yes'],
    ['claude-3-7-sonnet@20250219', 'yes'],
    ['anthropic/claude-3.7-sonnet:thinking', 'yes'],
    ['claude-sonnet-4-0', 'yes'],
    ['claude-sonnet-4-20250514', 'yes'],
    ['claude-4-sonnet', 'yes'],
    ['claude-opus-4@20250514', 'yes'],
    ['claude-opus-4-1-20250805', 'yes'],
    ['apac.anthropic.claude-opus-4-1-20250805-v1:0', 'yes'],
    ['claude-sonnet-4-5', 'yes'],
    ['claude-sonnet-4-5-20250929', 'yes'],
    ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 'yes'],
    ['databricks-claude-sonnet-4-5', 'yes'],
    ['claude-haiku-4-5@20251001', 'yes'],
    ['global.anthropic.claude-haiku-4-5-20251001-v1:0', 'yes'],
    ['claude-opus-4-5-20251101', 'yes'],
    ['anthropic/claude-sonnet-4.5', 'yes'],
    ['anthropic/claude-opus-4.5:beta', 'yes'],
    ['claude-sonnet-4-6', 'no'],
    ['claude-opus-4-6-20260205', 'no'],
    ['us.anthropic.claude-opus-4-6-v1:0', 'no'],
    ['us.anthropic.claude-opus-4-6-v1', 'no'],
    ['claude-opus-4-6@default', 'no'],
    ['claude-opus-4.6', 'no'],
    ['anthropic/claude-opus-4.6:thinking', 'no'],
    ['claude-opus-4-7', 'no'],
    ['claude-opus-4-8', 'no'],
    ['claude-opus-5', 'no'],
    ['claude-opus-5-20260801', 'no'],
    ['claude-opus-5-5', 'no'],
    ['anthropic/claude-opus-5.5', 'no'],
    ['claude-sonnet-5', 'no'],
    ['claude-sonnet-5-5@20261001', 'no'],
    ['claude-haiku-5-5', 'no'],
    ['claude-sonnet-10', 'no'],
    ['claude-mythos-preview', 'no'],
    ['claude-mythos-5', 'no'],
    ['us.anthropic.claude-mythos-5-1-v1:0', 'no'],
    ['claude-fable-5', 'no'],
    ['claude-fable-5.1', 'no'],
    ['claude-fable-5-2', 'no'],
    ['claude-next', 'unknown'],
    ['claude-sonnet-latest', 'unknown'],
    ['gemini-1.5-pro', 'yes'],
    ['gemini-2.0-flash', 'yes'],
    ['models/gemini-2.5-pro', 'yes'],
    ['google/gemini-2.5-flash-lite', 'yes'],
    ['gemini-3-pro', 'yes'],
    ['gemini-3.1-pro-preview', 'yes'],
    ['gemini-3.5-flash', 'yes'],
    ['gemini-3.5-flash-lite', 'no'],
    ['google/gemini-3.5-flash-lite-preview', 'no'],
    ['gemini-3.6-flash', 'no'],
    ['gemini-3.8-flash', 'no'],
    ['gemini-4-pro', 'no'],
    ['gemini-flash-latest', 'unknown'],
    ['gpt-4o', 'no'],
    ['gpt-5.5-mini', 'no'],
    ['o3-mini', 'no'],
    ['o1', 'no'],
    ['chatgpt-4o-latest', 'no'],
    ['openai/gpt-5', 'no'],
    ['gpt-oss-120b', 'unknown'],
    ['llama-3.3-70b', 'unknown'],
    ['mistralai/mistral-large', 'unknown'],
    ['', 'unknown'],
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

  test('a server of one’s own is told to go on, or does so unasked', () => {
    expect(capabilityOf(target('llama-3.3-70b', { provider: 'hosted_vllm' }))).toEqual({
      prefill: 'yes',
      source: 'table',
      flags: { body: { continue_final_message: true, add_generation_prompt: false } },
    })
    const llama = capabilityOf(target('llama-3.3-70b', { provider: 'llamafile' }))
    expect(llama).toEqual({ prefill: 'yes', source: 'table' })
  })

  test('configuration says what a server can that nobody knows, its flags being known', () => {
    const apiBase = 'https://api.deepseek.com'
    const fields = { provider: 'deepseek', apiBase, supportsAssistantPrefill: true }
    expect(capabilityOf(target('deepseek-chat', fields))).toEqual({
      prefill: 'yes',
      source: 'config',
      flags: { message: { prefix: true } },
    })
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
