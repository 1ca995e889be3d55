import { randomBytes } from 'node:crypto'

import { toRuleOptions } from '../analyzer/config/analyzer-schema.ts'
import { readRouterConfig } from '../analyzer/config/read-router-config.ts'
import { EVERY_RULE } from '../analyzer/rules/every-rule.ts'
import { RULE_OPTIONS, type RuleOptions } from '../analyzer/rules/rule-options.ts'
import type { RouterConfig } from '../analyzer/story/router-config.ts'
import { classifyFile } from './classify/classify-file.ts'
import { parseClassifyArgs, type ClassifyArgs } from './classify/parse-classify-args.ts'
import { JsonOutput, TableOutput, write, type Output } from './classify/outputs.ts'
import { readAnalyzerFile } from './config-file.ts'
import { EXIT, type Command, type CommandIo } from './command.ts'

export const classify: Command = {
  name: 'classify',
  summary: 'Say of recorded traces what happened to each request, and why',
  help: `Examples:
  secondwind classify --router-config config.yaml spans.json
  secondwind classify --json --fail-on error-masked,stream-truncated spans.pb > result.json
  otel-export | secondwind classify --explain -

Usage: secondwind classify [--config FILE] [--router-config FILE] FILE... | - [options]

Reads OTLP traces (JSON, one JSON document per line, or protobuf; plain or gzip, told by content)
and says of every request in them what came of it, through which attempts, and what went wrong.
Offline: nothing is stored, nothing is sent. Each file is a world of its own.

Options:
  --config FILE         a file with an analyzer: section: the limits of its rules (analyzer.rules) hold;
                        if it configures a router too, that is the router of files without another
  --router-config FILE  LiteLLM's config.yaml of the router that sent the spans, for the files
                        after it, until the next --router-config; it tells which routes have fallbacks
  --json                one JSON document on stdout
  --explain             all findings with their evidence and what to do
  --fail-on ID,...      exit 1 if one of these rules found something
  --help                this text

Rules: ${EVERY_RULE.map((rule) => rule.id).join(', ')}

Exit codes: 0 done, 1 a rule of --fail-on fired, 2 usage, 3 unreadable config,
5 a file is unreadable or no OTLP, 6 spans of a file were left out
`,
  run: async (argv, io) => {
    const args = parseClassifyArgs(argv)
    switch (args.kind) {
      case 'help':
        await write(io.stdout, classify.help)
        return EXIT.ok
      case 'usage':
        await write(io.stderr, `secondwind classify: ${args.message}\n`)
        await write(io.stderr, 'Try: secondwind classify --help\n')
        return EXIT.usage
      case 'args':
        return run(args, io)
    }
  },
}

async function run(args: ClassifyArgs, io: CommandIo): Promise<number> {
  const own = args.configPath === undefined ? undefined : readAnalyzerFile(args.configPath)
  const configs = new Map<string, RouterConfig>()
  for (const { routerConfigPath } of args.inputs) {
    if (routerConfigPath === undefined || configs.has(routerConfigPath)) continue
    // oxlint-disable-next-line no-await-in-loop
    const file = await readRouterConfig(routerConfigPath)
    if (file.kind === 'invalid') {
      await write(io.stderr, `secondwind classify: --router-config ${file.message}\n`)
      return EXIT.configInvalid
    }
    configs.set(routerConfigPath, file.config)
  }
  const output = args.json ? new JsonOutput(io, args) : new TableOutput(io, args)
  return classifyAll(args, {
    configs,
    ownRouter: own?.routerConfig,
    ruleOptions: own === undefined ? RULE_OPTIONS : toRuleOptions(own.section),
    io,
    output,
  })
}

interface Run {
  readonly configs: ReadonlyMap<string, RouterConfig>
  /** Of `--config`, for files that no `--router-config` stands before. */
  readonly ownRouter: RouterConfig | undefined
  readonly ruleOptions: RuleOptions
  readonly io: CommandIo
  readonly output: Output
}

/** One file after the other: a folder of recordings need not fit into memory. */
async function classifyAll(args: ClassifyArgs, run: Run): Promise<number> {
  const { configs, ownRouter, ruleOptions, io, output } = run
  const salt = randomBytes(16)
  const codes = new Set<number>()
  let filesRead = 0
  for (const { path, routerConfigPath } of args.inputs) {
    const routerConfig = routerConfigPath === undefined ? ownRouter : configs.get(routerConfigPath)
    // oxlint-disable-next-line no-await-in-loop
    const result = await classifyFile({ path, routerConfig, ruleOptions, salt, stdin: io.stdin })
    if (result.kind === 'unreadable') {
      io.stderr.write(`secondwind classify: ${result.message}\n`)
      codes.add(EXIT.data)
      continue
    }
    filesRead += 1
    for (const note of result.notes) io.stderr.write(`secondwind classify: ${note}\n`)
    for (const rule of result.brokenRules) {
      io.stderr.write(`secondwind classify: the rule ${rule} failed; please report this\n`)
      codes.add(EXIT.internal)
    }
    if (result.rejectedSpans > 0) codes.add(EXIT.partial)
    for (const request of result.requests) {
      if (request.findings.some(({ rule }) => args.failOn.has(rule))) codes.add(EXIT.found)
      // oxlint-disable-next-line no-await-in-loop
      await output.add(request)
    }
    for (const window of result.windows) {
      if (args.failOn.has(window.rule)) codes.add(EXIT.found)
      // oxlint-disable-next-line no-await-in-loop
      await output.addWindow(window)
    }
    // oxlint-disable-next-line no-await-in-loop
    await output.addBlindSpots(result.cannotShow)
  }
  await output.end(filesRead)
  return SEVEREST_FIRST.find((code) => codes.has(code)) ?? EXIT.ok
}

/** A verdict that rests on half the input is none, so what could not be read goes first. */
const SEVEREST_FIRST: readonly number[] = [EXIT.internal, EXIT.data, EXIT.found, EXIT.partial]
