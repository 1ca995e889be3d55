import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readAnalyzerSection } from '../../cli/analyzer-section.ts'
import type { SidecarConfig } from '../../collector/config/config.ts'
import { findRoute } from '../../collector/config/find-route.ts'
import { loadConfig } from '../../collector/config/load-config.ts'
import { formatProblem } from '../../collector/config/problem.ts'

const folder = new URL('../../examples/', import.meta.url)
const files = readdirSync(folder).filter(
  (name) => name.endsWith('.yaml') && name !== 'kubernetes.yaml' && !name.startsWith('prometheus-'),
)

/** Every variable that an example names has some value. */
const environment = Object.fromEntries(
  ['OPENAI', 'OPENAI_2', 'ANTHROPIC', 'AZURE', 'MISTRAL']
    .map((name) => [name.replace(/(_2)?$/, '_API_KEY$1'), 'sk-example'])
    .concat([
      ['SECONDWIND_KEY', 'sk-clients'],
      ['LITELLM_MASTER_KEY', 'sk-clients'],
    ]),
) as Record<string, string>

function load(name: string): SidecarConfig {
  const loaded = loadConfig(readFileSync(new URL(name, folder), 'utf8'), { environment })
  if (loaded.kind === 'loaded') return loaded.config
  throw new Error(loaded.problems.map((problem) => formatProblem(problem, name)).join('\n'))
}

describe('examples', () => {
  test.each(files)('%s loads, and begins by saying what it is for', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    expect(text).toMatch(/^# [A-Z]/)
    expect(load(name).routes.size).toBeGreaterThan(0)
    expect(readAnalyzerSection(text).kind).toBe('read')
  })

  test('litellm.yaml is read as LiteLLM means it', () => {
    const config = load('litellm.yaml')
    const route = config.routes.get('gpt-4o')
    expect(route?.deployments.map((entry) => entry.id)).toEqual(['gpt-4o-primary', 'gpt-4o/2'])
    expect(route?.fallbacks).toEqual(['claude-sonnet', 'local-llama'])
    expect(config.routes.get('local-llama')?.fallbacks).toEqual([])
    expect(config.breaker).toMatchObject({ failuresToOpen: 4, firstOpenMs: 30_000 })
    expect(config.ignoredKeys).toContain('general_settings.database_url')
  })

  test('many-providers.yaml is served as it says', () => {
    const { routes, listedModels } = load('many-providers.yaml')
    const targetsOf = (name: string) =>
      findRoute(routes, name)?.deployments.map(({ provider, apis }) => `${provider} ${apis[0]}`)
    expect(targetsOf('gpt')).toEqual(['azure chat', 'openai chat'])
    expect(targetsOf('reasoner')).toEqual(['openai responses'])
    expect(targetsOf('claude')).toEqual(['vertex_ai messages', 'anthropic messages'])
    expect(targetsOf('llama')).toEqual(['hosted_vllm chat'])
    expect(targetsOf('mistral/mistral-small-latest')).toEqual(['mistral chat'])
    expect(targetsOf('nova')).toEqual([])
    expect(listedModels).toEqual(['gpt', 'reasoner', 'claude', 'llama', 'nova', 'gpt-latest'])
  })

  test('prefill-forced.yaml forces prefill for its route alone', () => {
    const { routes } = load('prefill-forced.yaml')
    expect(routes.get('writer')?.continuation.strategy).toBe('prefill')
    expect(routes.get('writer-backup')?.continuation.strategy).toBe('auto')
  })
})
