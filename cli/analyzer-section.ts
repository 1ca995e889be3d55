import { z } from 'zod'
import { ConfigReader } from '../collector/config/config-reader.ts'
import type { ConfigProblem } from '../collector/config/problem.ts'
import { readSection } from '../collector/config/read-section.ts'
import { parseYaml } from '../collector/config/yaml-source.ts'

const port = z.int().min(0).max(65_535)
const path = z.string().min(1).optional()

/** The `analyzer:` section of the one file: what the options of `secondwind analyzer` say, too. */
export const analyzerSchema = z.strictObject({
  listen: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe('Address to listen on; any but loopback needs `auth_token_file`.'),
      port: port.default(4319).describe('Page and API; 0 lets the system choose.'),
      otlp_http_port: port.default(4318).describe('OTLP/HTTP receiver; 0 lets the system choose.'),
      allowed_hosts: z
        .array(z.string().min(1))
        .max(100)
        .default([])
        .describe('`Host` names accepted on loopback beside localhost and its addresses.'),
    })
    .prefault({}),
  data_dir: path.meta({
    default: 'see below',
    description: 'Folder of the database; `SECONDWIND_DATA_DIR` and `--data-dir` win.',
  }),
  auth_token_file: path.meta({
    default: 'none',
    description: 'File with the token that senders and readers must show.',
  }),
  router_config: path.meta({
    default: 'none',
    description: 'LiteLLM’s `config.yaml` of the sender: tells which routes have fallbacks.',
  }),
  settle_ms: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(15_000)
    .describe('How long no span of a LiteLLM request may come before it is judged.'),
})
export type AnalyzerSection = z.output<typeof analyzerSchema>

export type ReadAnalyzerSection =
  | { readonly kind: 'read'; readonly section: AnalyzerSection }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] }

export const ANALYZER_DEFAULTS: AnalyzerSection = analyzerSchema.parse({})

/** Reads the section alone: the rest of the file is the sidecar's, and may be missing. */
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
