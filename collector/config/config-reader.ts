import { type Path, formatPath } from './config-path.ts'
import type { ConfigProblem, ProblemCode } from './problem.ts'
import { Secret } from './secret.ts'
import type { YamlSource } from './yaml-source.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface NumberRules {
  readonly min: number
  readonly max?: number
  readonly integer?: boolean
  /** `seconds`, for the message. */
  readonly unit?: string
}

interface ReportOptions {
  readonly code: ProblemCode
  readonly path: Path
  readonly message: string
  readonly hint?: string
}

const ENVIRONMENT_PREFIX = 'os.environ/'
const SECRET_KEY = /key|token|secret|password|credential|authorization|header/i
const SHOWN_CHARS_MAX = 60

/**
 * Reads a YAML file part by part and collects every problem on the way instead of stopping at the
 * first, so that one run shows a user all that is wrong. Resolves LiteLLM's `os.environ/NAME`.
 */
export class ConfigReader {
  readonly problems: ConfigProblem[] = []
  readonly warnings: ConfigProblem[] = []
  readonly #source: YamlSource
  readonly #environment: Environment
  readonly #ignored = new Set<string>()

  constructor(source: YamlSource, environment: Environment) {
    this.#source = source
    this.#environment = environment
  }

  /** Paths of keys that were there and were not honoured, indexes of lists left out. */
  ignoredKeys(): readonly string[] {
    return [...this.#ignored].toSorted()
  }

  ignore(path: Path): void {
    this.#ignored.add(formatPath(path).replaceAll(/\[\d+\]/g, '[]'))
  }

  fail(options: ReportOptions): void {
    this.problems.push(this.#toProblem(options))
  }

  warn(options: ReportOptions): void {
    this.warnings.push(this.#toProblem(options))
  }

  /** The value as the file has it; `undefined` where there is none, or an explicit null. */
  get(path: Path): unknown {
    let value: unknown = this.#source.value
    for (const part of path) {
      if (typeof value !== 'object' || value === null) return undefined
      if (!Object.hasOwn(value, part)) return undefined
      value = Reflect.get(value, part)
    }
    return value ?? undefined
  }

  keys(path: Path): readonly string[] {
    const value = this.get(path)
    return isRecord(value) ? Object.keys(value) : []
  }

  /** True where there is a map; false where there is nothing, or a problem now reported. */
  map(path: Path): boolean {
    const value = this.get(path)
    if (value === undefined) return false
    if (isRecord(value)) return true
    this.#wrongType(path, 'a map of keys and values')
    return false
  }

  /** The number of elements of a list; 0 where there is none, or a problem now reported. */
  list(path: Path): number {
    const value = this.get(path)
    if (value === undefined) return 0
    if (Array.isArray(value)) return value.length
    this.#wrongType(path, 'a list')
    return 0
  }

  string(path: Path): string | undefined {
    const value = this.#resolve(path)
    if (value === undefined || typeof value === 'string') return value
    // A model called 4 is a number to YAML and a name to its user.
    if (typeof value === 'number') return String(value)
    this.#wrongType(path, 'a text')
    return undefined
  }

  secret(path: Path): Secret | undefined {
    const text = this.string(path)
    if (text === undefined) return undefined
    if (text !== '') return new Secret(text)
    this.fail({
      code: 'CONFIG_MISSING',
      path,
      message: 'is empty',
      hint: 'give the key, or os.environ/NAME, or remove the line',
    })
    return undefined
  }

  number(path: Path, rules: NumberRules): number | undefined {
    const value = this.#resolve(path)
    if (value === undefined) return undefined
    // From the environment everything comes as text.
    const text = typeof value === 'string' ? value.trim() : undefined
    const number = text !== undefined && text !== '' ? Number(text) : value
    const unit = rules.unit === undefined ? '' : ` of ${rules.unit}`
    const kind = rules.integer === true ? `a whole number${unit}` : `a number${unit}`
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      this.#wrongType(path, kind)
      return undefined
    }
    const tooLarge = rules.max !== undefined && number > rules.max
    if (number < rules.min || tooLarge || (rules.integer === true && !Number.isInteger(number))) {
      const range =
        rules.max === undefined ? `at least ${rules.min}` : `${rules.min} to ${rules.max}`
      this.fail({
        code: 'CONFIG_OUT_OF_RANGE',
        path,
        message: `expected ${kind}, ${range}, found ${number}`,
      })
      return undefined
    }
    return number
  }

  boolean(path: Path): boolean | undefined {
    const value = this.#resolve(path)
    if (value === undefined || typeof value === 'boolean') return value
    // The words of YAML 1.1, which LiteLLM's parser still takes for booleans.
    const word = typeof value === 'string' ? value.toLowerCase() : undefined
    if (word === 'true' || word === 'yes' || word === 'on') return true
    if (word === 'false' || word === 'no' || word === 'off') return false
    this.#wrongType(path, 'true or false')
    return undefined
  }

  /** A variable of the environment; an empty one counts as not set. */
  environment(name: string): string | undefined {
    const value = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined
    return value === '' ? undefined : value
  }

  #resolve(path: Path): unknown {
    const value = this.get(path)
    if (typeof value !== 'string' || !value.startsWith(ENVIRONMENT_PREFIX)) return value
    const name = value.slice(ENVIRONMENT_PREFIX.length)
    const resolved = this.environment(name)
    if (resolved !== undefined) return resolved
    this.fail({
      code: 'CONFIG_ENVIRONMENT_MISSING',
      path,
      message: `the environment variable ${name} is not set`,
      hint: `export ${name}=… before starting, or write the value here`,
    })
    return undefined
  }

  #wrongType(path: Path, expected: string): void {
    this.fail({
      code: 'CONFIG_WRONG_TYPE',
      path,
      message: `expected ${expected}, found ${show(path, this.get(path))}`,
    })
  }

  #toProblem({ code, path, message, hint }: ReportOptions): ConfigProblem {
    const position = this.#source.locate(path)
    return {
      code,
      path: formatPath(path),
      message,
      ...(position === undefined ? {} : { position }),
      ...(hint === undefined ? {} : { hint }),
    }
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value for a message: short, and never where its path says that it may be a secret. */
export function show(path: Path, value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isRecord(value)) return 'a map'
  if (path.some((part) => typeof part === 'string' && SECRET_KEY.test(part))) {
    return 'something else (value not shown)'
  }
  const text = JSON.stringify(value) ?? String(value)
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text
}
