import { dirname, resolve } from 'node:path'

import type { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import { toRuleOptions } from '../../analyzer/config/analyzer-schema.ts'
import { readRouterConfig } from '../../analyzer/config/read-router-config.ts'
import { RULE_OPTIONS, type RuleOptions } from '../../analyzer/rules/rule-options.ts'
import type { RouterConfig } from '../../analyzer/story/router-config.ts'
import { createRunDecoder } from '../span-files/run-decoder.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { readAnalyzerFile } from '../config-file.ts'
import { parseFlags } from '../parse-flags.ts'
import { hasColour } from '../terminal-text.ts'
import { runCase } from './run-case.ts'
import { readVerdictTests, type VerdictCase, type VerdictTests } from './verdict-tests.ts'
import { toJson, toText, type FileResult } from './write-results.ts'

/** As many as a shell hands over. */
const FILES_MAX = 100_000

/** `rules test FILE...` */
export async function test(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, { json: { type: 'boolean' } }, FILES_MAX)
  if (positionals.length === 0) {
    throw new CommandError('USAGE', {
      message: 'rules test: no FILE given',
      hint: 'name a file of cases; docs/verdict-tests.md shows one',
    })
  }
  const decoder = createRunDecoder()
  const results: FileResult[] = []
  for (const file of positionals) {
    // oxlint-disable-next-line no-await-in-loop
    const result = await runFile(file, decoder)
    results.push(result)
    for (const problem of result.problems) io.stderr.write(`secondwind rules test: ${problem}\n`)
    if (values.json !== true) io.stdout.write(toText(result, { colour: hasColour(io.stdout) }))
  }
  if (values.json === true) io.stdout.write(toJson(results))
  return exitCodeOf(results)
}

/** What could not be compared at all goes first. */
function exitCodeOf(results: readonly FileResult[]): number {
  const cases = results.flatMap((result) => result.cases)
  if (results.some(({ problems }) => problems.length > 0)) return EXIT.configInvalid
  if (cases.some(({ isReadable }) => !isReadable)) return EXIT.data
  return cases.some(({ differences }) => differences.length > 0) ? EXIT.found : EXIT.ok
}

async function runFile(file: string, decoder: OtlpDecoder): Promise<FileResult> {
  const tests = readVerdictTests(file)
  if (tests.kind === 'invalid') return { file, problems: tests.problems, cases: [] }
  const base = readBase(file, tests)
  if (typeof base === 'string') return { file, problems: [base], cases: [] }
  const routers = await readRouters(file, tests)
  if (routers.problems.length > 0) return { file, problems: routers.problems, cases: [] }
  const cases = []
  for (const one of tests.cases) {
    const path = one.router_config ?? tests.routerConfig
    const routerConfig = path === undefined ? base.routerConfig : routers.configs.get(path)
    const { ruleOptions } = base
    // oxlint-disable-next-line no-await-in-loop
    cases.push(await runCase(one, { file, routerConfig, ruleOptions, decoder }))
  }
  return { file, problems: [], cases }
}

interface Base {
  readonly ruleOptions: RuleOptions
  readonly routerConfig: RouterConfig | undefined
}

/** What `config:` names, or what is wrong with it. */
function readBase(file: string, { config }: VerdictTests): Base | string {
  if (config === undefined) return { ruleOptions: RULE_OPTIONS, routerConfig: undefined }
  try {
    const { section, routerConfig } = readAnalyzerFile(resolve(dirname(file), config))
    return { ruleOptions: toRuleOptions(section), routerConfig }
  } catch (error: unknown) {
    if (!(error instanceof CommandError)) throw error
    return [`${file}: config: ${error.message}`, ...error.details].join('\n')
  }
}

/** Each router config that a case names, read once. */
async function readRouters(file: string, { cases, routerConfig }: VerdictTests) {
  const configs = new Map<string, RouterConfig>()
  const problems: string[] = []
  const named = new Map<string, VerdictCase | undefined>()
  if (routerConfig !== undefined) named.set(routerConfig, undefined)
  for (const one of cases) {
    if (one.router_config !== undefined) named.set(one.router_config, one)
  }
  for (const [path, one] of named) {
    // oxlint-disable-next-line no-await-in-loop
    const read = await readRouterConfig(resolve(dirname(file), path))
    const where = one === undefined ? file : `${file}:${one.lineOf('router_config')}`
    if (read.kind === 'read') configs.set(path, read.config)
    else problems.push(`${where}: router_config: ${read.message}`)
  }
  return { configs, problems }
}
