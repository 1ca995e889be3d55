import { z } from 'zod'

export interface ConfigOption {
  readonly path: string
  readonly default: string
  readonly description: string
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly default?: unknown
  readonly description?: string
}

/** Every option of a section, as its schema has it. */
export function listOptions(section: string, schema: z.ZodType): readonly ConfigOption[] {
  return walk(section, z.toJSONSchema(schema, { io: 'input' }) as JsonSchema)
}

function walk(path: string, schema: JsonSchema): readonly ConfigOption[] {
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([key, inner]) =>
      walk(`${path}.${key}`, inner),
    )
  }
  const { default: value, description = '' } = schema
  return [{ path, default: JSON.stringify(value).replaceAll('"', ''), description }]
}
