import { isAbsolute, join } from 'node:path'
import { isRecord } from './config-reader.ts'
import { type IncludedSource, mergeSources } from './merge-sources.ts'
import type { ConfigProblem } from './problem.ts'
import type { ReadFile } from './read-vertex.ts'
import { type YamlSource, parseYaml } from './yaml-source.ts'

/** LiteLLM's users keep a file per team; more than this is a mistake. */
const INCLUDES_MAX = 100

export type ReadSource =
  | {
      readonly kind: 'read'
      readonly source: YamlSource
      readonly warnings: readonly ConfigProblem[]
    }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] }

interface Files {
  readonly readFile: ReadFile
  /** Of the main file: what it includes is named from there. */
  readonly folder: string
}

/** The YAML of a configuration, and of what it names under `include`. */
export function readSource(text: string, { readFile, folder }: Files): ReadSource {
  const main = parse(text, undefined)
  if (main.kind === 'invalid') return main
  const included: IncludedSource[] = []
  const problems: ConfigProblem[] = []
  const warnings = [...main.warnings]
  for (const [index, name] of includesOf(main.source.value).entries()) {
    const file = typeof name === 'string' && isAbsolute(name) ? name : join(folder, String(name))
    const content = readFile(file)
    if (content === undefined) {
      const position = main.source.locate(['include', index])
      problems.push({
        code: 'CONFIG_FILE_UNREADABLE',
        path: `include[${index}]`,
        message: `the included file ${file} cannot be read`,
        ...(position !== undefined && { position }),
        hint: 'included files are named from the folder of the file that includes them',
      })
      continue
    }
    const parsed = parse(content, file)
    if (parsed.kind === 'invalid') problems.push(...parsed.problems)
    else {
      included.push({ file, source: parsed.source })
      warnings.push(...parsed.warnings)
    }
  }
  if (problems.length > 0) return { kind: 'invalid', problems }
  const source = included.length === 0 ? main.source : mergeSources(main.source, included)
  return { kind: 'read', source, warnings }
}

function includesOf(value: unknown): readonly unknown[] {
  const include = isRecord(value) ? value['include'] : undefined
  return Array.isArray(include) ? include.slice(0, INCLUDES_MAX) : []
}

function parse(text: string, file: string | undefined): ReadSource {
  const parsed = parseYaml(text)
  const withFile = (position: { readonly line: number; readonly column: number } | undefined) =>
    position === undefined ? {} : { position: { ...position, ...(file !== undefined && { file }) } }
  if (parsed.kind === 'invalid') {
    return {
      kind: 'invalid',
      problems: parsed.errors.map(({ message, position }) => ({
        message,
        ...withFile(position),
        code: 'CONFIG_YAML_INVALID',
        path: '',
        hint: 'check indentation, quotes and colons there',
      })),
    }
  }
  return {
    kind: 'read',
    source: parsed.source,
    warnings: parsed.duplicates.map((position) => ({
      code: 'CONFIG_DUPLICATE_KEY',
      path: '',
      message: 'this key is given twice; the last one is used',
      ...withFile(position),
    })),
  }
}
