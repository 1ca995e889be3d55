import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { WINDOW_OPTIONS } from '../../../analyzer/rules/window/window-options.ts'
import { loadAnalyzerConfig } from '../../../analyzer/config/load-config.ts'
import { AnalyzerError } from '../../../analyzer/errors.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ROUTER = `
model_list:
  - {model_name: main, litellm_params: {model: openai/gpt}}
router_settings: {fallbacks: [{main: [backup]}]}
`

function file(content: string, name = 'config.yaml'): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}

function failure(content: string): AnalyzerError {
  return refusalOf(() => loadAnalyzerConfig({ configFile: file(content) }))
}

function refusalOf(load: () => unknown): AnalyzerError {
  try {
    load()
  } catch (error: unknown) {
    if (error instanceof AnalyzerError) return error
    throw error
  }
  throw new Error('it was taken')
}

test('without any file everything has its default, and one source takes everything', () => {
  const config = loadAnalyzerConfig({})
  expect(config).toMatchObject({ settleMs: 15_000, sources: [{ name: 'default' }] })
  expect(config.retention.spanBytesMax).toBe(2 * 1024 ** 3)
})

test('limits of the intake are whole bytes, whatever part of a MiB is asked for', () => {
  const { ingest } = loadAnalyzerConfig({
    configFile: file('analyzer: {ingest: {body_mib: 1.1, queue_mib: 2.3}}'),
  })
  expect(ingest).toEqual({ bodyBytesMax: 1_153_433, queueBytesMax: 2_411_724 })
})

test('limits of the rules are those of the file, else the sidecar’s', () => {
  const configFile = file(
    'analyzer: {rules: {stall_ms: 5000, attempts_max: 9, cooldown_ms: 30000}}',
  )
  expect(loadAnalyzerConfig({ configFile }).rules).toEqual({
    slowFirstContentMs: 30_000,
    stallMs: 5000,
    attemptsMax: 9,
    windows: { ...WINDOW_OPTIONS, cooldownMs: 30_000 },
  })
})

test('sources are read with their router, relative to the file', () => {
  const configFile = file(`
analyzer:
  settle_ms: 500
  sources:
    - {name: litellm, match: {service.name: litellm}, router_config: router.yaml, token_file: t}
`)
  writeFileSync(join(configFile, '..', 'router.yaml'), ROUTER)
  const { sources, settleMs } = loadAnalyzerConfig({ configFile })
  expect(settleMs).toBe(500)
  expect(sources.map(({ name }) => name)).toEqual(['litellm', 'default'])
  expect(sources[0]?.routerConfig?.fallbacks.get('main')).toEqual(['backup'])
  expect(sources[0]?.tokenFile).toBe(join(configFile, '..', 't'))
})

test('the router of the one file, or of its own file, belongs to the default source', () => {
  for (const files of [{ configFile: file(ROUTER) }, { routerConfigFile: file(ROUTER) }]) {
    const [source] = loadAnalyzerConfig(files).sources
    expect(source?.routerConfig?.fallbacks.get('main')).toEqual(['backup'])
  }
})

test.each([
  ['an unknown key', 'analyzer: {sauces: []}', 'sauces'],
  ['a wrong type', 'analyzer: {settle_ms: soon}', 'settle_ms'],
  ['a name that could be anything', 'analyzer: {sources: [{name: "a b"}]}', 'sources'],
  ['a name given twice', 'analyzer: {sources: [{name: a}, {name: a}]}', 'twice'],
  ['a source that nothing fits', 'analyzer: {sources: [{name: a}]}', 'neither match nor'],
  ['a queue smaller than a body', 'analyzer: {ingest: {queue_mib: 8}}', 'queue_mib'],
  ['a limit that nothing could reach', 'analyzer: {rules: {stall_ms: 0}}', 'stall_ms'],
  ['a limit of no rule', 'analyzer: {rules: {slow_ms: 10}}', 'slow_ms'],
  ['content to be kept', 'analyzer: {keep_content: true}', 'keep_content'],
  ['broken YAML', 'analyzer: {', 'config.yaml'],
])('%s is refused by name', (_, content, named) => {
  const error = failure(content)
  expect(error).toMatchObject({ code: 'ANALYZER_CONFIG_INVALID', exitCode: 3 })
  expect(error.message).toContain(named)
  expect(error.hint).not.toBe('')
})

test('all problems are told at once', () => {
  const { message } = failure('analyzer: {settle_ms: -1, retention: {span_days: x}}')
  expect(message).toContain('settle_ms')
  expect(message).toContain('span_days')
})

test('a router file that is missing is named', () => {
  const error = failure(
    'analyzer: {sources: [{name: a, match: {b: c}, router_config: /nowhere/router.yaml}]}',
  )
  expect(error.code).toBe('ANALYZER_CONFIG_UNREADABLE')
  expect(error.message).toContain('/nowhere/router.yaml')
})

test.each([
  ['another YAML', 'services: {web: {image: x}}', 'it has none of model_list'],
  ['the analyzer’s own', 'analyzer: {settle_ms: 100}', 'it has none of model_list'],
  ['a text', 'just words', 'it holds no settings'],
  ['no YAML', 'model_list: [', 'it is not YAML'],
])('%s is no router file: it would pass for a router without fallbacks', (_, content, what) => {
  const routerConfigFile = file(content)
  for (const load of [
    () => loadAnalyzerConfig({ routerConfigFile }),
    () =>
      loadAnalyzerConfig({
        configFile: file(
          `analyzer: {sources: [{name: a, match: {b: c}, router_config: ${routerConfigFile}}]}`,
        ),
      }),
  ]) {
    const error = refusalOf(load)
    expect(error.code).toBe('ANALYZER_CONFIG_INVALID')
    expect(error.message).toContain(`${routerConfigFile}: ${what}`)
    expect(error.hint).toContain('LiteLLM')
  }
})

test('a router file is read as LiteLLM reads it: merges, and the last of two equal keys', () => {
  const text = `
base: &base {fallbacks: [{main: [lost]}]}
router_settings:
  <<: *base
  fallbacks: [{main: [first]}]
  fallbacks: [{main: [last]}]
model_list: []
`
  for (const files of [{ configFile: file(text) }, { routerConfigFile: file(text) }]) {
    const [source] = loadAnalyzerConfig(files).sources
    expect(source?.routerConfig?.fallbacks.get('main')).toEqual(['last'])
  }
})
