import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { parseDocument } from 'yaml'
import { expect, test } from 'vitest'

import { analyzerSchema } from '../../../analyzer/config/analyzer-schema.ts'
import { EVERY_RULE } from '../../../analyzer/rules/every-rule.ts'
import { fillRemedy } from '../../../analyzer/rules/fill-remedy.ts'
import type { Snippet } from '../../../analyzer/rules/rule.ts'
import { parseClassifyArgs } from '../../../cli/classify/parse-classify-args.ts'
import { secondwindSchema } from '../../../collector/config/secondwind-schema.ts'

/**
 * Somebody who was just paged pastes these: each is read here by what will read it there, with the
 * names of an incident put in, with none known, and as the page of the rule has it.
 */

/** Keys of LiteLLM's config file that a remedy may name, all the way down. */
const LITELLM: Readonly<Record<string, readonly string[]>> = {
  router_settings: [
    'fallbacks',
    'context_window_fallbacks',
    'default_fallbacks',
    'num_retries',
    'allowed_fails',
    'cooldown_time',
    'redis_host',
    'redis_port',
    'enable_pre_call_checks',
    'enable_mid_stream_fallback_continuation',
  ],
  litellm_settings: ['disable_aiohttp_transport'],
  model_info: ['supports_assistant_prefill'],
  litellm_params: ['model', 'api_base', 'api_key', 'max_retries', 'max_tokens', 'stream_timeout'],
  model_list: ['model_name', 'litellm_params', 'model_info'],
}

const hasPython = spawnSync('python3', ['-c', '']).status === 0
const PARSES = 'import ast, sys; ast.parse(sys.stdin.read())'

const snippets = EVERY_RULE.flatMap((rule) =>
  [
    { named: 'named', names: { route: "chat 'main'", fallback: 'spare: 2' } },
    { named: 'unnamed', names: { route: undefined, fallback: undefined } },
  ].flatMap(({ named, names }) =>
    Object.entries(fillRemedy(rule.remedy, names)).flatMap(([step, { snippet }]) =>
      snippet === undefined ? [] : [{ where: `${rule.id}, ${step}, ${named}`, snippet }],
    ),
  ),
)

const blocks = EVERY_RULE.flatMap(({ id }) => {
  const page = readFileSync(new URL(`../../../docs/rules/${id}.md`, import.meta.url), 'utf8')
  return [...page.matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gmsu)].map(
    ([, indent = '', language = '', code = ''], number) => ({
      where: `${id}.md, block ${number + 1}`,
      snippet: { language, code: code.replaceAll(new RegExp(`^${indent}`, 'gmu'), '') } as Snippet,
    }),
  )
})

test.each([...snippets, ...blocks])('what $where has to copy can be pasted', ({ snippet }) => {
  expect(faultsOf(snippet)).toEqual([])
})

function faultsOf({ language, code }: Snippet): readonly string[] {
  switch (language) {
    case 'yaml': {
      const document = parseDocument(code)
      return [...document.errors.map(String), ...unknownKeys(document.toJS())]
    }
    case 'sh':
      return [...refusedBy('/bin/sh', ['-n'], code), ...wrongCommandsIn(code)]
    case 'python':
      return hasPython ? refusedBy('python3', ['-c', PARSES], code) : []
    case 'json':
      return typeof JSON.parse(code) === 'object' ? [] : ['no object']
    default:
      return [`nobody reads ${String(language)} here`]
  }
}

function refusedBy(command: string, args: readonly string[], input: string): readonly string[] {
  const { status, stderr } = spawnSync(command, args, { input, encoding: 'utf8' })
  return status === 0 ? [] : [stderr]
}

function wrongCommandsIn(code: string): readonly string[] {
  return [...code.matchAll(/^secondwind classify (.*?)(?:; echo \$\?)?$/gmu)].flatMap(
    ([, line = '']) => {
      const args = parseClassifyArgs(line.split(' '))
      return args.kind === 'args' ? [] : [line]
    },
  )
}

test('the command that verifies a remedy fails on that class', () => {
  for (const { id, remedy } of EVERY_RULE) {
    const line = /^secondwind classify (.*)$/u.exec(remedy.verify.snippet?.code ?? '')?.[1] ?? ''
    const args = parseClassifyArgs(line.split(' '))
    expect(args.kind === 'args' ? [...args.failOn] : args).toEqual([id])
  }
})

/** What neither LiteLLM nor we would read; a fragment need not be whole. */
function unknownKeys(value: unknown): readonly string[] {
  return Object.entries(value as object).flatMap(([section, inner]): readonly string[] => {
    if (section === 'secondwind') return problemsOf(secondwindSchema.safeParse(inner).error)
    if (section === 'analyzer') return problemsOf(analyzerSchema.safeParse(inner).error)
    const entries = Array.isArray(inner) ? inner : [inner]
    const known = LITELLM[section]
    if (known === undefined) return [section]
    return entries.flatMap((entry: object) =>
      Object.entries(entry).flatMap(([key, deeper]) =>
        known.includes(key)
          ? key in LITELLM
            ? unknownKeys({ [key]: deeper })
            : []
          : [`${section}.${key}`],
      ),
    )
  })
}

function problemsOf(error: { readonly issues: readonly object[] } | undefined): readonly string[] {
  return (error?.issues ?? []).map((issue) => JSON.stringify(issue))
}
