import { expect, test } from 'vitest'
import { thinksFirst } from '../../../collector/continuation/thinks-first.ts'

test.each([
  'o1',
  'o3-mini-2025-01-31',
  'o4-mini',
  'gpt-5',
  'gpt-5.2-pro',
  'openai/gpt-oss-120b',
  'deepseek-reasoner',
  'deepseek-ai/DeepSeek-R1',
  'deepseek-r1-distill-qwen-32b',
  'gemini-2.5-pro',
  'gemini-3-flash-preview',
  'grok-4',
  'Qwen/QwQ-32B',
  'qwen3-235b-a22b',
  'magistral-medium-latest',
  'kimi-k2-thinking',
  'sonar-reasoning-pro',
])('%s thinks before it answers', (model) => {
  expect(thinksFirst({ model })).toBe(true)
})

test.each([
  'gpt-4o',
  'gpt-4.1-mini',
  'gpt-5-chat-latest',
  'claude-sonnet-4-6',
  'gemini-2.0-flash',
  'grok-2',
  'grok-4-fast-non-reasoning',
  'Qwen3-235B-A22B-Instruct-2507',
  'mistral-large-latest',
  'o1x',
  'deepseek-chat',
  'llama-3.3-70b-versatile',
])('%s answers at once unless it is asked to think', (model) => {
  expect(thinksFirst({ model })).toBe(false)
})
