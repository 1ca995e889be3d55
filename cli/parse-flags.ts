import { type ParseArgsConfig, parseArgs } from 'node:util'
import { hintFor } from '../collector/config/suggest.ts'
import { CommandError } from './command-error.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/** The flags of a command by `node:util`, with mistakes told in our words. */
export function parseFlags<const T extends Options>(
  args: readonly string[],
  options: T,
  positionalsMax = 0,
) {
  const parsed = parse(args, options)
  const extra = parsed.positionals[positionalsMax]
  if (extra !== undefined) {
    throw new CommandError('USAGE', {
      message: `did not expect "${extra}"`,
      hint: 'options begin with --; --help shows them',
    })
  }
  return parsed
}

function parse<const T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    const flag = /Unknown option '--?([^']*)'/.exec(String(error))?.[1]
    if (flag !== undefined) {
      throw new CommandError('USAGE', {
        message: `there is no option --${flag}`,
        hint: hintFor(
          `--${flag}`,
          Object.keys(options).map((name) => `--${name}`),
        ),
        cause: error,
      })
    }
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    throw new CommandError('USAGE', { message, hint: '--help shows the options', cause: error })
  }
}

/** A port as typed; `undefined` where the option was not given. */
export function parsePort(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new CommandError('USAGE', {
    message: `--${flag}: expected a port, 0 to 65535, found "${text}"`,
    hint: '0 lets the system choose one',
  })
}
