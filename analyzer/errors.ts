/** Every way in which the analyzer refuses to start, or cannot go on; rows of `docs/errors.md`. */
export type AnalyzerErrorCode =
  | 'ANALYZER_CONFIG_UNREADABLE'
  | 'ANALYZER_CONFIG_INVALID'
  | 'ANALYZER_TOKEN_REQUIRED'
  | 'ANALYZER_TOKEN_UNUSABLE'
  | 'ANALYZER_PORT_IN_USE'
  | 'ANALYZER_ADDRESS_UNUSABLE'
  | 'ANALYZER_DATA_UNWRITABLE'
  | 'ANALYZER_DATA_IN_USE'
  | 'ANALYZER_DATA_NEWER'
  | 'ANALYZER_DATA_DAMAGED'
  | 'ANALYZER_DATA_NOT_FOUND'
  | 'ANALYZER_DATA_OLDER'
  | 'ANALYZER_BACKUP_TARGET_UNUSABLE'

/** What a script can test for, as `cli/command.ts` lists it: 3 configuration, 5 data. */
const EXIT_CODES: Readonly<Record<AnalyzerErrorCode, 3 | 5>> = {
  ANALYZER_CONFIG_UNREADABLE: 3,
  ANALYZER_CONFIG_INVALID: 3,
  ANALYZER_TOKEN_REQUIRED: 3,
  ANALYZER_TOKEN_UNUSABLE: 3,
  ANALYZER_PORT_IN_USE: 3,
  ANALYZER_ADDRESS_UNUSABLE: 3,
  ANALYZER_DATA_UNWRITABLE: 5,
  ANALYZER_DATA_IN_USE: 5,
  ANALYZER_DATA_NEWER: 5,
  ANALYZER_DATA_DAMAGED: 5,
  ANALYZER_DATA_NOT_FOUND: 5,
  ANALYZER_DATA_OLDER: 5,
  ANALYZER_BACKUP_TARGET_UNUSABLE: 5,
}

/** An error for whoever runs the analyzer: what happened, and in `hint` the next step. */
export class AnalyzerError extends Error {
  override readonly name = 'AnalyzerError'
  readonly code: AnalyzerErrorCode
  readonly hint: string

  constructor(
    code: AnalyzerErrorCode,
    { message, hint, cause }: { message: string; hint: string; cause?: unknown },
  ) {
    super(message, { cause })
    this.code = code
    this.hint = hint
  }

  get exitCode(): 3 | 5 {
    return EXIT_CODES[this.code]
  }
}
