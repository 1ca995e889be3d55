import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { assert, describe, expect, test } from 'vitest'

import {
  parseRouterConfigText,
  readRouterConfig,
  type RouterConfigFile,
} from '../../../analyzer/config/read-router-config.ts'
import { fallbacksOf } from '../../../analyzer/story/router-config.ts'

function fallbacks(file: RouterConfigFile, route: string): readonly string[] {
  assert(file.kind === 'read', file.kind === 'invalid' ? file.message : '')
  return fallbacksOf(file.config, route)
}

function message(file: RouterConfigFile): string {
  assert(file.kind === 'invalid')
  return file.message
}

describe('parseRouterConfigText', () => {
  test('reads the YAML that LiteLLM reads', () => {
    const yaml = `
defaults: &defaults { api_key: os.environ/KEY }
model_list:
  - model_name: claude
    litellm_params: { <<: *defaults, model: anthropic/claude-sonnet-4-6 }
router_settings:
  fallbacks: [{ claude: [gpt] }]
  fallbacks: [{ claude: [gemini] }]
`
    expect(fallbacks(parseRouterConfigText(yaml, 'config.yaml'), 'claude')).toEqual(['gemini'])
  })

  test('reads the same as JSON, and the settings of a Router in process', () => {
    const json = JSON.stringify({ fallbacks: [{ claude: ['gpt'] }] })
    expect(fallbacks(parseRouterConfigText(json, 'router.json'), 'claude')).toEqual(['gpt'])
  })

  test.each([
    ['model_list: [', 'x.yaml: it is not YAML: '],
    ['a: *nowhere', 'x.yaml: it is not YAML: '],
    ['', 'x.yaml: it holds no settings. '],
    ['- model_name: claude', 'x.yaml: it holds no settings. '],
    [
      '{"resourceSpans": []}',
      'x.yaml: it has none of model_list, router_settings, litellm_settings. ',
    ],
    ['{"config": {"model_list": []}}', 'what stands under its `config` may be it'],
  ])('says of %j what it is and what was expected', (text, expected) => {
    const said = message(parseRouterConfigText(text, 'x.yaml'))
    expect(said).toContain(expected)
    expect(said).toContain("Expected LiteLLM's config.yaml (YAML or JSON)")
    expect(said).not.toContain('\n')
  })

  test('does not unfold a file of aliases', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 12; i += 1) {
      lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`)
    }
    expect(message(parseRouterConfigText(lines.join('\n'), 'x.yaml'))).toContain('it is not YAML')
  })

  test('takes a key that objects inherit for a name like any other', () => {
    const yaml = 'router_settings: { fallbacks: [{ __proto__: [gpt] }, { constructor: [gpt] }] }'
    const file = parseRouterConfigText(yaml, 'x.yaml')
    expect(fallbacks(file, 'constructor')).toEqual(['gpt'])
    expect(fallbacks(file, 'toString')).toEqual([])
  })
})

describe('readRouterConfig', () => {
  test('reads a file', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'router-config-')), 'config.yaml')
    await writeFile(path, 'litellm_settings: { default_fallbacks: [gpt] }')
    expect(fallbacks(await readRouterConfig(path), 'anything')).toEqual(['gpt'])
  })

  test('names a file that is not there, and a directory', async () => {
    expect(message(await readRouterConfig('/no/such/file'))).toContain('there is no such file')
    expect(message(await readRouterConfig(tmpdir()))).toContain('it is a directory')
  })
})
