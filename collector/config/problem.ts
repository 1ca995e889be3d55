import type { Position } from './yaml-source.ts'

/** What can be wrong with a configuration; stable, one row each in `docs/errors.md`. */
export const PROBLEM_CODES = [
  'CONFIG_YAML_INVALID',
  'CONFIG_UNKNOWN_KEY',
  'CONFIG_WRONG_TYPE',
  'CONFIG_OUT_OF_RANGE',
  'CONFIG_MISSING',
  'CONFIG_UNKNOWN_ROUTE',
  'CONFIG_DUPLICATE_ID',
  'CONFIG_DUPLICATE_KEY',
  'CONFIG_ENVIRONMENT_MISSING',
  'CONFIG_KEY_MISSING',
  'CONFIG_PROVIDER_UNSUPPORTED',
  'CONFIG_NOT_SERVED',
  'CONFIG_FILE_UNREADABLE',
  'CONFIG_INVALID_URL',
  'CONFIG_UNSAFE_BIND',
] as const
export type ProblemCode = (typeof PROBLEM_CODES)[number]

/** One thing that is wrong, where, and what to do. Never holds a secret's value. */
export interface ConfigProblem {
  readonly code: ProblemCode
  /** `model_list[0].litellm_params.timeout`; empty for the file as a whole. */
  readonly path: string
  readonly position?: Position
  /** What was expected and what is there instead. */
  readonly message: string
  readonly hint?: string
}

/**
 * As compilers write it: `file:line:column: path: message [CODE]`, the hint on a line of its own.
 */
export function formatProblem(problem: ConfigProblem, file: string): string {
  const { position } = problem
  const where =
    position === undefined ? file : `${position.file ?? file}:${position.line}:${position.column}`
  const path = problem.path === '' ? '' : ` ${problem.path}:`
  const hint = problem.hint === undefined ? '' : `\n  hint: ${problem.hint}`
  return `${where}:${path} ${problem.message} [${problem.code}]${hint}`
}
