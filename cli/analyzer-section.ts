import { type AnalyzerSection, analyzerSchema } from '../analyzer/config/analyzer-schema.ts'
import { ConfigReader } from '../collector/config/config-reader.ts'
import type { ConfigProblem } from '../collector/config/problem.ts'
import { readSection } from '../collector/config/read-section.ts'
import { parseYaml } from '../collector/config/yaml-source.ts'

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
  const section = readSection(reader, 'analyzer', analyzerSchema)
  return section === undefined
    ? { kind: 'invalid', problems: reader.problems }
    : { kind: 'read', section }
}
