import { hintFor } from '../collector/config/suggest.ts'
import { EXIT, type CommandIo } from './command.ts'
import { CommandError, describeError } from './command-error.ts'
import { COMMANDS } from './registry.ts'

/** Runs one command line; resolves to its exit code and never rejects. */
export async function runCli(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await dispatch(args, io)
  } catch (error) {
    const { text, exitCode } = describeError(error)
    io.stderr.write(text)
    return exitCode
  }
}

async function dispatch(args: readonly string[], io: CommandIo): Promise<number> {
  const [first, ...rest] = args
  if (first === undefined) {
    io.stderr.write(overview())
    return EXIT.usage
  }
  if (first === '--version' || first === '-V') return run('version', rest, io)
  if (first === '--help' || first === '-h') return help([], io)
  if (first === 'help') return help(rest, io)
  return asksForHelp(rest) ? help([first], io) : run(first, rest, io)
}

/** What stands behind `--` belongs to the command. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  const flags = end === -1 ? args : args.slice(0, end)
  return flags.includes('--help') || flags.includes('-h')
}

async function run(name: string, args: readonly string[], io: CommandIo): Promise<number> {
  const command = await load(name)
  return command.run(args, io)
}

async function help([name]: readonly string[], io: CommandIo): Promise<number> {
  if (name === undefined) {
    io.stdout.write(overview())
    return EXIT.ok
  }
  const command = await load(name)
  io.stdout.write(`secondwind ${command.name}: ${command.summary}\n\n${command.help}`)
  return EXIT.ok
}

function load(name: string) {
  const entry = COMMANDS.get(name)
  if (entry !== undefined) return entry.load()
  const what = name.startsWith('-') ? 'option' : 'command'
  throw new CommandError('USAGE', {
    message: `there is no ${what} "${name}"`,
    hint: hintFor(name, [...COMMANDS.keys()]),
  })
}

function overview(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length))
  const lines = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return `Gives a broken LLM stream a second wind, and tells from traces what really happened to it.

Examples:
  secondwind serve --config config.yaml     your LiteLLM config.yaml will do
  secondwind validate config.yaml
  secondwind help serve

Usage: secondwind <command> [options]

Commands:
${lines.join('\n')}

Exit codes: 0 ok, 1 found, 2 usage, 3 configuration, 4 unreachable, 5 data, 6 partial,
7 timeout, 70 internal error. docs/errors.md explains every error.
`
}
