/** One subcommand of `secondwind`: one file, one line in the registry of `main.ts`. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** Whole text of `--help`; examples first. */
  readonly help: string
  /** Resolves to the exit code; `ExitCode` lists them. */
  run(args: readonly string[], io: CommandIo): Promise<number>
}

/** stdout is data, stderr is for people and logs. */
export interface CommandIo {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly stdin: NodeJS.ReadableStream
}

/** What scripts test for; `docs/errors.md` explains each. */
export const EXIT = {
  ok: 0,
  found: 1,
  usage: 2,
  configInvalid: 3,
  unreachable: 4,
  data: 5,
  partial: 6,
  timeout: 7,
  internal: 70,
} as const
