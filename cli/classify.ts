import { toRuleOptions } from '../analyzer/config/analyzer-schema.ts'
import { readRouterConfig } from '../analyzer/config/read-router-config.ts'
import { EVERY_RULE } from '../analyzer/rules/every-rule.ts'
import { RULE_OPTIONS, type RuleOptions } from '../analyzer/rules/rule-options.ts'
import type { RouterConfig } from '../analyzer/story/router-config.ts'
import {
  classifyFile,
  emptyFolder,
  toWireUnread,
  type ClassifiedFile,
} from './classify/classify-file.ts'
import { ClassifyProgress } from './classify/classify-progress.ts'
import { expandInputs } from './classify/expand-inputs.ts'
import { parseClassifyArgs, type ClassifyArgs } from './classify/parse-classify-args.ts'
import { createRunDecoder } from './span-files/run-decoder.ts'
import { JsonOutput, TableOutput, write, type Output } from './classify/outputs.ts'
import { readAnalyzerFile } from './config-file.ts'
import { EXIT, type Command, type CommandIo } from './command.ts'
import { CommandError } from './command-error.ts'

export const classify: Command = {
  name: 'classify',
  summary: 'Say of recorded traces what happened to each request, and why',
  help: `Examples:
  secondwind classify --router-config config.yaml spans.json
  secondwind classify --json --fail-on error-masked,stream-truncated spans.pb > result.json
  otel-export | secondwind classify --explain -
  secondwind classify --fail-on high,medium recordings/

Usage: secondwind classify [--config FILE] [--router-config FILE] FILE... | - [options]

Reads OTLP traces (JSON, one JSON document per line, or protobuf, also as the Collector's
file exporter writes it; plain or gzip, told by content)
and says of every request in them what came of it, through which attempts, and what went wrong.
Offline: nothing is stored, nothing is sent. Each file is a world of its own; a folder stands for
every file in it and below. A bad line or span costs itself only: it is named, what could be read is
told all the same, and the exit code is 5 or 6, for a verdict may rest on what is missing.

Options:
  --config FILE         a file with an analyzer: section: the limits of its rules (analyzer.rules) hold;
                        if it configures a router too, that is the router of files without another
  --router-config FILE  LiteLLM's config.yaml of the router that sent the spans, for the files
                        after it, until the next --router-config; it tells which routes have fallbacks
  --json                one JSON document on stdout
  --explain             all findings with their evidence, what to do, what is known of releases of
                        the gateway, and what spans like these cannot show
  --fail-on ID,...      exit 1 if one of these rules found something, or any of the severities
                        high, medium, info
  --help                this text

Rules: ${EVERY_RULE.map((rule) => rule.id).join(', ')}

What each rule means: secondwind rules list

Exit codes: 0 done, 1 a rule of --fail-on fired, 2 usage, 3 unreadable config,
5 a file or a part of it is unreadable or no OTLP (before 1: what was found is not all),
6 spans of a file were left out (after 1)
docs/trace-files.md tells what may stand in a file.
`,
  run: async (argv, io) => {
    const args = parseClassifyArgs(argv)
    switch (args.kind) {
      case 'help':
        await write(io.stdout, classify.help)
        return EXIT.ok
      case 'usage':
        throw new CommandError('USAGE', {
          message: `classify: ${args.message}`,
          hint: '"secondwind classify --help" shows the options',
        })
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
      throw new CommandError('CONFIG_INVALID', { message: `--router-config ${file.message}` })
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
  const { io, output } = run
  const expanded = await expandInputs(args.inputs)
  if (expanded.kind === 'unusable') {
    io.stderr.write(`secondwind classify: ${expanded.message}\n`)
    return EXIT.data
  }
  const decoder = createRunDecoder()
  const codes = new Set<number>()
  const progress = new ClassifyProgress(io, { files: expanded.inputs.length, now: Date.now })
  let filesRead = 0
  for (const [index, input] of expanded.inputs.entries()) {
    progress.show(index, input.path)
    const { path, routerConfigPath } = input
    const routerConfig =
      routerConfigPath === undefined ? run.ownRouter : run.configs.get(routerConfigPath)
    const { ruleOptions } = run
    const file = input.isEmptyFolder
      ? emptyFolder(path)
      : // oxlint-disable-next-line no-await-in-loop
        await classifyFile({ path, routerConfig, ruleOptions, decoder, stdin: io.stdin })
    if (file.notes.length > 0) progress.clear()
    for (const note of file.notes) io.stderr.write(`secondwind classify: ${note}\n`)
    for (const code of codesOf(file, args.failOn)) codes.add(code)
    if (file.isRead) filesRead += 1
    // oxlint-disable-next-line no-await-in-loop
    await writeFile(file, output)
  }
  progress.clear()
  await output.end(filesRead)
  return SEVEREST_FIRST.find((code) => codes.has(code)) ?? EXIT.ok
}

function* codesOf(file: ClassifiedFile, failOn: ReadonlySet<string>): Iterable<number> {
  if (file.brokenRules.length > 0) yield EXIT.internal
  if (file.problems.count > 0) yield EXIT.data
  if (file.rejected.size > 0) yield EXIT.partial
  if (isFound(file, failOn)) yield EXIT.found
}

function isFound({ requests, windows }: ClassifiedFile, failOn: ReadonlySet<string>): boolean {
  const found = [...requests.flatMap(({ findings }) => findings), ...windows]
  return found.some(({ rule, severity }) => failOn.has(rule) || failOn.has(severity))
}

async function writeFile(file: ClassifiedFile, output: Output): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop
  for (const request of file.requests) await output.add(request)
  // oxlint-disable-next-line no-await-in-loop
  for (const window of file.windows) await output.addWindow(window)
  await output.addBlindSpots(file.cannotShow, file.source)
  const unread = toWireUnread(file)
  if (unread !== undefined) output.addUnread(unread)
}

/** A verdict that rests on half the input is none, so what could not be read goes first. */
const SEVEREST_FIRST: readonly number[] = [EXIT.internal, EXIT.data, EXIT.found, EXIT.partial]
