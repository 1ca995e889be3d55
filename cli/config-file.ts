import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { AnalyzerSection } from '../analyzer/config/analyzer-schema.ts'
import { parseRouterConfigText } from '../analyzer/config/read-router-config.ts'
import type { RouterConfig } from '../analyzer/story/router-config.ts'
import type { SidecarConfig } from '../collector/config/config.ts'
import { type ConfigOverrides, loadConfig } from '../collector/config/load-config.ts'
import { type ConfigProblem, formatProblem } from '../collector/config/problem.ts'
import { Secret } from '../collector/config/secret.ts'
import { readAnalyzerSection } from './analyzer-section.ts'
import { CommandError } from './command-error.ts'

/** Looked for in the working folder: our name, then LiteLLM's. */
const USUAL_NAMES = ['secondwind.yaml', 'config.yaml']

/** The file that is meant: the option, else `SECONDWIND_CONFIG`, else one of the usual names. */
export function findConfigFile(given: string | undefined): string {
  const named = given ?? process.env['SECONDWIND_CONFIG']
  if (named !== undefined && named !== '') return named
  const usual = USUAL_NAMES.find((name) => existsSync(name))
  if (usual !== undefined) return usual
  throw new CommandError('CONFIG_NOT_FOUND', {
    message: `no configuration: neither ${USUAL_NAMES.join(' nor ')} is in this folder`,
    hint: 'pass --config FILE; your LiteLLM config.yaml will do',
  })
}

export interface ConfigFile {
  readonly config: SidecarConfig
  readonly warnings: readonly ConfigProblem[]
}

/** Reads and checks the whole file; throws one error that lists every problem. */
export function readConfigFile(file: string, overrides: ConfigOverrides): ConfigFile {
  const text = readText(file)
  const loaded = loadConfig(text, {
    environment: process.env,
    overrides,
    readFile: readIfThere,
    folder: dirname(file),
  })
  const analyzer = readAnalyzerSection(text)
  if (loaded.kind === 'loaded' && analyzer.kind === 'read') {
    return loaded
  }
  // What is wrong with the YAML itself both have found.
  if (loaded.kind === 'invalid' && loaded.problems.some((p) => p.code === 'CONFIG_YAML_INVALID')) {
    throw invalid(file, loaded.problems)
  }
  throw invalid(
    file,
    [loaded, analyzer].flatMap((part) => (part.kind === 'invalid' ? part.problems : [])),
  )
}

export interface AnalyzerFile {
  readonly section: AnalyzerSection
  /** Of the router that the same file configures, where it does. */
  readonly routerConfig: RouterConfig | undefined
}

/** Reads and checks the `analyzer:` section of a file in which nothing else is needed. */
export function readAnalyzerFile(file: string): AnalyzerFile {
  const text = readText(file)
  const read = readAnalyzerSection(text)
  if (read.kind === 'invalid') throw invalid(file, read.problems)
  const router = parseRouterConfigText(text, file)
  return {
    section: read.section,
    routerConfig:
      router.kind === 'read' && router.config.routes.size > 0 ? router.config : undefined,
  }
}

function invalid(file: string, problems: readonly ConfigProblem[]): CommandError {
  const lines = problems.map((problem) => formatProblem(problem, file))
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return new CommandError('CONFIG_INVALID', {
    message: `${count} in the configuration; nothing was started`,
    details: lines,
  })
}

/** For files that the configuration names: what is wrong with them it says at its own place. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError('CONFIG_NOT_FOUND', {
      message: `${file} cannot be read: ${reasonOf(error)}`,
      hint: 'check the path',
      cause: error,
    })
  }
}

/** The key that clients must show, from a file of its own: flags and `ps` are no place for one. */
export function readTokenFile(file: string | undefined): Secret | undefined {
  if (file === undefined) return undefined
  const hint = 'the file must hold the token and nothing else, for example: openssl rand -hex 32'
  let token: string
  try {
    token = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new CommandError('TOKEN_FILE_UNUSABLE', {
      message: `--auth-token-file ${file} cannot be read: ${reasonOf(error)}`,
      hint,
      cause: error,
    })
  }
  // A header cannot carry anything else, so that no client could ever show it.
  if (/^[\u0021-\u007e]+$/.test(token)) return new Secret(token)
  throw new CommandError('TOKEN_FILE_UNUSABLE', {
    message: `--auth-token-file ${file}: expected one token, found ${token === '' ? 'nothing' : 'something else'}`,
    hint,
  })
}

/** What the system said, in words for the terminal. */
function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'EISDIR') return 'it is a folder'
  return error instanceof Error ? error.message : String(error)
}
