import { describeConfig } from '../collector/config/describe-config.ts'
import { formatProblem } from '../collector/config/problem.ts'
import type { Command } from './command.ts'
import { EXIT } from './command.ts'
import { findConfigFile, readConfigFile } from './config-file.ts'
import { parseFlags } from './parse-flags.ts'

export const validate: Command = {
  name: 'validate',
  summary: 'Check a configuration file and show what it means',
  help: `Examples:
  secondwind validate config.yaml
  secondwind validate config.yaml > effective.yaml

Usage: secondwind validate [FILE]

Prints every problem with its line and column and exits 3; else prints the effective
configuration, secrets redacted, and which keys of LiteLLM change nothing here, and exits 0.
FILE is SECONDWIND_CONFIG, ./secondwind.yaml or ./config.yaml where it is not given.
`,
  run: (args, io) => {
    const { positionals } = parseFlags(args, {}, 1)
    const file = findConfigFile(positionals[0])
    const { config, warnings } = readConfigFile(file, {})
    for (const warning of warnings) io.stderr.write(`warning: ${formatProblem(warning, file)}\n`)
    if (config.ignoredKeys.length > 0) {
      io.stderr.write(`ignored, for they change nothing here:\n`)
      for (const key of config.ignoredKeys) io.stderr.write(`  ${key}\n`)
    }
    io.stdout.write(describeConfig(config))
    return Promise.resolve(EXIT.ok)
  },
}
