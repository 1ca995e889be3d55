import { EXIT } from './command.ts'

/** Why a command refuses to go on; stable, one row each in `docs/errors.md`. */
export const COMMAND_ERROR_CODES = [
  'USAGE',
  'CONFIG_NOT_FOUND',
  'CONFIG_INVALID',
  'TOKEN_FILE_UNUSABLE',
  'PORT_IN_USE',
  'ADDRESS_UNUSABLE',
  'RECEIVER_UNREACHABLE',
  'RECEIVER_REFUSES',
  'API_UNREACHABLE',
  'API_REFUSES',
  'API_TIMEOUT',
  'NOT_FOUND',
  'ACT_REFUSED',
  'ACT_NOT_KEPT',
  'PROCESS_KEEPS_DYING',
  'INTERNAL',
] as const
export type CommandErrorCode = (typeof COMMAND_ERROR_CODES)[number]

const EXIT_CODES: Readonly<Record<CommandErrorCode, number>> = {
  USAGE: EXIT.usage,
  CONFIG_NOT_FOUND: EXIT.configInvalid,
  CONFIG_INVALID: EXIT.configInvalid,
  TOKEN_FILE_UNUSABLE: EXIT.configInvalid,
  PORT_IN_USE: EXIT.configInvalid,
  ADDRESS_UNUSABLE: EXIT.configInvalid,
  RECEIVER_UNREACHABLE: EXIT.unreachable,
  RECEIVER_REFUSES: EXIT.unreachable,
  API_UNREACHABLE: EXIT.unreachable,
  API_REFUSES: EXIT.unreachable,
  API_TIMEOUT: EXIT.timeout,
  NOT_FOUND: EXIT.found,
  ACT_REFUSED: EXIT.found,
  ACT_NOT_KEPT: EXIT.data,
  PROCESS_KEEPS_DYING: EXIT.internal,
  INTERNAL: EXIT.internal,
}

export interface CommandErrorDetails {
  readonly message: string
  /** The user's next step. */
  readonly hint?: string
  /** Printed below: one line for each of several things that are wrong. */
  readonly details?: readonly string[]
  readonly cause?: unknown
}

/** An error for whoever typed the command: what happened, and in `hint` the next step. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: CommandErrorCode
  readonly hint: string | undefined
  readonly details: readonly string[]

  constructor(code: CommandErrorCode, options: CommandErrorDetails) {
    super(options.message, { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? []
  }

  get exitCode(): number {
    return EXIT_CODES[this.code]
  }
}

/** What an error says to the terminal, and the exit code that goes with it. */
export function describeError(error: unknown): {
  readonly text: string
  readonly exitCode: number
} {
  const coded = toCoded(error)
  if (coded !== undefined) {
    const hint = coded.hint === undefined ? '' : `\n  hint: ${coded.hint}`
    const details = error instanceof CommandError ? error.details : []
    const lines = details.map((line) => `${line}\n`).join('')
    return {
      text: `secondwind: ${coded.message} [${coded.code}]${hint}\n${lines}`,
      exitCode: coded.exitCode,
    }
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    text: `secondwind: internal error [INTERNAL]\n  hint: this is a defect of Secondwind; please report it with these lines\n${detail}\n`,
    exitCode: EXIT.internal,
  }
}

interface CodedError {
  readonly message: string
  readonly code: string
  readonly hint: string | undefined
  readonly exitCode: number
}

/** The analyzer's errors have the same fields, without knowing of the command line. */
function toCoded(error: unknown): CodedError | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('exitCode' in error)) return undefined
  const { message, code, exitCode } = error
  if (typeof code !== 'string' || typeof exitCode !== 'number') return undefined
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined
  return { message, code, hint, exitCode }
}
