import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'

import { AnalyzerError } from '../errors.ts'
import { messageOf } from '../message-of.ts'
import { parseRouterConfig, type RouterConfig } from '../story/router-config.ts'
import {
  type AnalyzerSection,
  type SourceSection,
  analyzerSchema,
  toRuleOptions,
} from './analyzer-schema.ts'
import { DEFAULT_SOURCE, type AnalyzerConfig, type SourceConfig } from './config.ts'
import { parseRouterConfigText } from './read-router-config.ts'

export interface ConfigFiles {
  /** Its section `analyzer:` is ours. */
  readonly configFile?: string
  /** A LiteLLM `config.yaml`, for the source `default`. */
  readonly routerConfigFile?: string
}

/** LiteLLM files of large installations reach a few hundred KiB. */
const FILE_BYTES_MAX = 8 * 1024 * 1024
/** YAML aliases multiply: a bomb stops here. */
const ALIASES_MAX = 1000

const DAY_MS = 86_400_000
const MIB = 1024 * 1024

/** Reads both files, where they are given; throws an `AnalyzerError` that lists every problem. */
export function loadAnalyzerConfig({ configFile, routerConfigFile }: ConfigFiles): AnalyzerConfig {
  const document = configFile === undefined ? {} : readYaml(configFile)
  const section = parseSection(own(document, 'analyzer') ?? {}, configFile)
  const base = configFile === undefined ? '.' : dirname(configFile)
  const sources = section.sources.map((source) => toSource(source, base))
  // One file may hold all: then the router in it is the one whose spans come without a source.
  const ownRouter =
    own(document, 'model_list') === undefined ? undefined : parseRouterConfig(document)
  const router = routerConfigFile === undefined ? ownRouter : readRouter(routerConfigFile)
  return {
    sources: withDefaultSource(sources, router),
    settleMs: section.settle_ms,
    rules: toRuleOptions(section),
    retention: {
      spanAgeMsMax: section.retention.span_days * DAY_MS,
      spanBytesMax: section.retention.span_mib * MIB,
      requestsMax: section.retention.requests,
      incidentAgeMsMax: section.retention.incident_days * DAY_MS,
    },
    ingest: {
      bodyBytesMax: Math.floor(section.ingest.body_mib * MIB),
      queueBytesMax: Math.floor(section.ingest.queue_mib * MIB),
    },
  }
}

function parseSection(section: unknown, configFile = ''): AnalyzerSection {
  const result = analyzerSchema.safeParse(section)
  const problems = result.success ? crossCheck(result.data) : result.error.issues.map(describe)
  if (result.success && problems.length === 0) return result.data
  throw new AnalyzerError('ANALYZER_CONFIG_INVALID', {
    message: `${configFile} is not a valid configuration: ${problems.join('; ')}`,
    hint: 'Correct the section "analyzer:"; docs/config.md lists its keys.',
  })
}

function describe(issue: z.core.$ZodIssue): string {
  const path = ['analyzer', ...issue.path.map(String)].join('.')
  return `${path}: ${issue.message}`
}

/** What no single key can get wrong. */
function crossCheck({ sources, ingest }: AnalyzerSection): readonly string[] {
  const seen = new Set<string>()
  const problems: string[] = []
  if (ingest.queue_mib < ingest.body_mib) {
    problems.push(
      `analyzer.ingest.queue_mib: ${ingest.queue_mib} is less than one body may have (body_mib, ${ingest.body_mib})`,
    )
  }
  for (const { name, match, token_file: tokenFile } of sources) {
    if (seen.has(name)) problems.push(`analyzer.sources: the name ${name} is given twice`)
    seen.add(name)
    if (name === DEFAULT_SOURCE || tokenFile !== undefined) continue
    if (Object.keys(match).length > 0) continue
    problems.push(
      `analyzer.sources: ${name} has neither match nor token_file, so that nothing could ever be told to come from it`,
    )
  }
  return problems
}

function toSource(source: SourceSection, base: string): SourceConfig {
  const { name, match, router_config: routerConfig, token_file: tokenFile } = source
  return {
    name,
    match: new Map(Object.entries(match)),
    tokenFile: tokenFile === undefined ? undefined : resolve(base, tokenFile),
    routerConfig: routerConfig === undefined ? undefined : readRouter(resolve(base, routerConfig)),
  }
}

/** Last, so that it takes only what no other source matched. */
function withDefaultSource(
  sources: readonly SourceConfig[],
  routerConfig: RouterConfig | undefined,
): readonly SourceConfig[] {
  if (sources.some((source) => source.name === DEFAULT_SOURCE)) return sources
  return [
    ...sources,
    { name: DEFAULT_SOURCE, match: new Map(), tokenFile: undefined, routerConfig },
  ]
}

/**
 * As `classify` reads it. Another file would pass for a router without fallbacks, and each failure
 * would be told as one that nothing was configured for.
 */
function readRouter(file: string): RouterConfig {
  const read = parseRouterConfigText(readText(file), file)
  if (read.kind === 'read') return read.config
  throw new AnalyzerError('ANALYZER_CONFIG_INVALID', {
    message: read.message,
    hint: "Pass the config.yaml that LiteLLM itself is started with; the analyzer's own is --config.",
  })
}

function readText(file: string): string {
  try {
    if (statSync(file).size > FILE_BYTES_MAX) throw new Error('it is larger than 8 MiB')
    return readFileSync(file, 'utf8')
  } catch (error: unknown) {
    throw new AnalyzerError('ANALYZER_CONFIG_UNREADABLE', {
      message: `${file} cannot be read: ${messageOf(error)}`,
      hint: 'Check the path, and that this process may read the file.',
      cause: error,
    })
  }
}

function readYaml(file: string): unknown {
  const text = readText(file)
  const lineCounter = new LineCounter()
  // It may be LiteLLM's own file, which is read as LiteLLM's parser does: `<<` merges, and the last
  // of two equal keys holds. The sidecar tells of such keys.
  const asLiteLlm = { merge: true, uniqueKeys: false }
  const document = parseDocument(text, { ...asLiteLlm, lineCounter, prettyErrors: false })
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    throw invalidYaml(`${file}:${line}:${col}`, error)
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX })
    return value ?? {}
  } catch (error: unknown) {
    throw invalidYaml(file, error)
  }
}

function invalidYaml(where: string, error: unknown): AnalyzerError {
  return new AnalyzerError('ANALYZER_CONFIG_INVALID', {
    message: `${where}: this is not valid YAML: ${messageOf(error)}`,
    hint: 'Correct the file at this place.',
    cause: error,
  })
}

function own(document: unknown, key: string): unknown {
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, key)) {
    return undefined
  }
  const value: unknown = Reflect.get(document, key)
  return value
}
