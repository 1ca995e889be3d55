import { type AnalyzerSection, analyzerSchema } from '../analyzer/config/analyzer-schema.ts'
import { ConfigReader } from '../collector/config/config-reader.ts'
import type { ConfigProblem } from '../collector/config/problem.ts'
import { readSection } from '../collector/config/read-section.ts'
import { hintFor, suggest } from '../collector/config/suggest.ts'
import { parseYaml } from '../collector/config/yaml-source.ts'

const NAME = 'analyzer'

export type ReadAnalyzerSection =
  | { readonly kind: 'read'; readonly section: AnalyzerSection }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] }

/** Checks the section alone, with places and hints: the rest of the file may be missing. */
export function readAnalyzerSection(text: string): ReadAnalyzerSection {
  const parsed = parseYaml(text)
  if (parsed.kind === 'invalid') {
    return {
      kind: 'invalid',
      problems: parsed.errors.map((error) => ({ ...error, code: 'CONFIG_YAML_INVALID', path: '' })),
    }
  }
  const reader = new ConfigReader(parsed.source, {})
  const misspelt = misspeltIn(parsed.source.value)
  if (misspelt !== undefined) {
    reader.fail({
      code: 'CONFIG_UNKNOWN_KEY',
      path: [misspelt],
      message: 'there is no such section',
      hint: hintFor(misspelt, [NAME]),
    })
    return { kind: 'invalid', problems: reader.problems }
  }
  const section = readSection(reader, NAME, analyzerSchema)
  return section === undefined
    ? { kind: 'invalid', problems: reader.problems }
    : { kind: 'read', section }
}

/** LiteLLM's own sections are its affair; one that nobody reads would hold for nothing. */
function misspeltIn(document: unknown): string | undefined {
  if (typeof document !== 'object' || document === null || Object.hasOwn(document, NAME)) {
    return undefined
  }
  return Object.keys(document).find((key) => suggest(key, [NAME]) !== undefined)
}
