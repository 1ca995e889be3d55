import { EVERY_RULE, ruleFactsById } from '../../analyzer/rules/every-rule.ts'
import { hintFor } from '../../collector/config/suggest.ts'

/** A file, or `-`, and the router config that holds for it. */
export interface ClassifyInput {
  readonly path: string
  readonly routerConfigPath: string | undefined
}

export interface ClassifyArgs {
  readonly kind: 'args'
  readonly inputs: readonly ClassifyInput[]
  readonly json: boolean
  readonly explain: boolean
  /** Ids of rules, and severities. */
  readonly failOn: ReadonlySet<string>
  /** A file with an `analyzer:` section, whose limits the rules compare with. */
  readonly configPath: string | undefined
}

export type ParsedClassifyArgs =
  | ClassifyArgs
  | { readonly kind: 'help' }
  | { readonly kind: 'usage'; readonly message: string }

/** For CI: whatever is that bad, of classes to come too. */
const SEVERITIES: readonly string[] = ['high', 'medium', 'info']

const OPTIONS = ['--router-config', '--config', '--json', '--explain', '--fail-on', '--help']

/**
 * In the order of the command line, because `--router-config` holds for the files after it, until
 * the next. `util.parseArgs` would lose that order.
 */
export function parseClassifyArgs(argv: readonly string[]): ParsedClassifyArgs {
  const reader = new ArgsReader(argv)
  const problem = reader.read()
  if (problem !== undefined) return problem
  if (reader.inputs.length === 0) return usage('no FILE given; `-` reads from stdin')
  if (reader.inputs.filter(({ path }) => path === '-').length > 1) {
    return usage('`-` is given twice; stdin can be read once')
  }
  if (reader.idleRouterConfig !== undefined) {
    return usage(
      `--router-config ${reader.idleRouterConfig} holds for the files after it, and there is none`,
    )
  }
  const { inputs, json, explain, failOn, configPath } = reader
  return { kind: 'args', inputs, json, explain, failOn, configPath }
}

type Problem = Exclude<ParsedClassifyArgs, ClassifyArgs>

class ArgsReader {
  readonly inputs: ClassifyInput[] = []
  readonly failOn = new Set<string>()
  json = false
  explain = false
  /** Named by an option, but no file has come after it yet. */
  idleRouterConfig: string | undefined
  configPath: string | undefined
  #routerConfig: string | undefined
  readonly #words: string[]

  constructor(argv: readonly string[]) {
    this.#words = [...argv]
  }

  read(): Problem | undefined {
    for (let word = this.#words.shift(); word !== undefined; word = this.#words.shift()) {
      if (word === '--') {
        for (const path of this.#words.splice(0)) this.#addFile(path)
      } else if (word === '-' || !word.startsWith('-')) {
        this.#addFile(word)
      } else {
        const problem = this.#readOption(word)
        if (problem !== undefined) return problem
      }
    }
    return undefined
  }

  #addFile(path: string): void {
    this.inputs.push({ path, routerConfigPath: this.#routerConfig })
    this.idleRouterConfig = undefined
  }

  #readOption(word: string): Problem | undefined {
    const equals = word.indexOf('=')
    const name = equals === -1 ? word : word.slice(0, equals)
    const inline = equals === -1 ? undefined : word.slice(equals + 1)
    switch (name) {
      case '--json':
      case '--explain':
        if (inline !== undefined) return usage(`${name} takes no value`)
        this[name === '--json' ? 'json' : 'explain'] = true
        return undefined
      case '--help':
      case '-h':
        return { kind: 'help' }
      case '--router-config':
        return this.#readRouterConfig(inline ?? this.#nextValue())
      case '--config':
        return this.#readConfig(inline ?? this.#nextValue())
      case '--fail-on':
        return this.#readFailOn(inline ?? this.#nextValue())
      default:
        return usage(`unknown option ${name}; ${hintFor(name, OPTIONS)}`)
    }
  }

  /** A value may be `-`-less only: `--fail-on --json` forgot its value. */
  #nextValue(): string | undefined {
    const [next] = this.#words
    return next === undefined || next.startsWith('--') ? undefined : this.#words.shift()
  }

  #readRouterConfig(path: string | undefined): Problem | undefined {
    if (path === undefined || path === '') return usage('--router-config needs a FILE')
    this.#routerConfig = path
    this.idleRouterConfig = path
    return undefined
  }

  #readConfig(path: string | undefined): Problem | undefined {
    if (path === undefined || path === '') return usage('--config needs a FILE')
    if (this.configPath !== undefined) {
      return usage('--config is given twice; its limits hold for all files')
    }
    this.configPath = path
    return undefined
  }

  #readFailOn(list: string | undefined): Problem | undefined {
    const ids = (list ?? '').split(',').flatMap((id) => id.trim() || [])
    if (ids.length === 0) {
      return usage('--fail-on needs the ID of a rule or a severity, or several with commas')
    }
    for (const id of ids) {
      if (ruleFactsById(id) === undefined && !SEVERITIES.includes(id)) {
        const known = [...EVERY_RULE.map((rule) => rule.id), ...SEVERITIES]
        return usage(`--fail-on: there is no rule ${JSON.stringify(id)}; ${hintFor(id, known)}`)
      }
      this.failOn.add(id)
    }
    return undefined
  }
}

function usage(message: string): { readonly kind: 'usage'; readonly message: string } {
  return { kind: 'usage', message }
}
