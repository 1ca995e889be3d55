import { expect, test } from 'vitest'

import { parseRouterConfigText } from '../../../analyzer/config/read-router-config.ts'
import { hashRouterConfig } from '../../../analyzer/incidents/hash-router-config.ts'

function hashOf(text: string): string {
  const read = parseRouterConfigText(text, 'config.yaml')
  if (read.kind !== 'read') throw new Error(read.message)
  return hashRouterConfig(read.config)
}

const FILE = `
model_list:
  - model_name: chat
    litellm_params: { model: openai/gpt-4o, api_base: "http://a" }
  - model_name: backup
    litellm_params: { model: anthropic/claude }
router_settings:
  fallbacks: [{ chat: [backup] }]
`

test('comments, the order of keys and what no dialect reads change nothing', () => {
  const same = `
# A comment
router_settings: { fallbacks: [ { "chat": ["backup"] } ], redis_port: 6379 }
model_list:
  - litellm_params: { api_base: "http://a", model: openai/gpt-4o }
    model_name: chat
  - { model_name: backup, litellm_params: { model: anthropic/claude, rpm: 5 } }
`
  expect(hashOf(same)).toBe(hashOf(FILE))
  expect(hashOf(FILE)).toMatch(/^[0-9a-f]{12}$/u)
})

test.each([
  ['another fallback', FILE.replace('[backup]', '[backup, other]')],
  ['none any more', FILE.replace('fallbacks', 'no_fallbacks')],
  ['another model', FILE.replace('gpt-4o', 'gpt-5')],
  ['another endpoint', FILE.replace('http://a', 'http://b')],
])('%s is another meaning', (_, text) => {
  expect(hashOf(text)).not.toBe(hashOf(FILE))
})
