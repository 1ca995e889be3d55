import type { z } from 'zod'
import { type ConfigReader, show } from './config-reader.ts'
import type { Path, PathPart } from './config-path.ts'
import { hintFor } from './suggest.ts'

/**
 * Reads a section of our own against its schema; every issue becomes a problem with its place in
 * the file. `undefined` where something was wrong.
 */
export function readSection<S extends z.ZodType>(
  reader: ConfigReader,
  name: string,
  schema: S,
): z.output<S> | undefined {
  // An empty section (`secondwind:` and nothing under it) is null to YAML.
  const result = schema.safeParse(reader.get([name]) ?? {})
  if (result.success) return result.data
  for (const issue of result.error.issues) reportIssue(reader, { name, schema, issue })
  return undefined
}

interface IssueContext {
  readonly name: string
  readonly schema: z.ZodType
  readonly issue: z.core.$ZodIssue
}

function reportIssue(reader: ConfigReader, { name, schema, issue }: IssueContext): void {
  const inside = issue.path.map((part): PathPart =>
    typeof part === 'number' ? part : String(part),
  )
  const path = [name, ...inside]
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, inside)
    for (const key of issue.keys) {
      reader.fail({
        code: 'CONFIG_UNKNOWN_KEY',
        path: [...path, key],
        message: 'there is no such option',
        hint: hintFor(key, known),
      })
    }
    return
  }
  const outOfRange = issue.code === 'too_small' || issue.code === 'too_big'
  reader.fail({
    code: outOfRange ? 'CONFIG_OUT_OF_RANGE' : 'CONFIG_WRONG_TYPE',
    path,
    message: `expected ${expectation(issue)}, found ${show(path, reader.get(path))}`,
  })
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `at least ${issue.minimum}${issue.origin === 'string' ? ' character' : ''}`
    case 'too_big':
      return `at most ${issue.maximum}`
    case 'invalid_type':
      return EXPECTED_WORDS.get(issue.expected) ?? issue.expected
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return issue.message
    default:
      return issue satisfies never
  }
}

const EXPECTED_WORDS: ReadonlyMap<string, string> = new Map([
  ['int', 'a whole number'],
  ['number', 'a number'],
  ['string', 'a text'],
  ['boolean', 'true or false'],
  ['object', 'a map of keys and values'],
  ['record', 'a map of keys and values'],
  ['array', 'a list'],
])

/** The keys that the schema knows at `path`; through optional and defaulted wrappers. */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let current: unknown = schema
  for (const part of path) {
    const { shape, valueType } = unwrap(current)
    current = shape?.[part] ?? valueType
  }
  return Object.keys(unwrap(current).shape ?? {})
}

interface SchemaInside {
  readonly shape?: Readonly<Record<string, unknown>>
  readonly valueType?: unknown
}

function unwrap(schema: unknown): SchemaInside {
  let inside = definitionOf(schema)
  for (let next = inside['innerType']; next !== undefined; next = inside['innerType']) {
    inside = definitionOf(next)
  }
  const shape = inside['shape']
  return {
    ...(isObject(shape) ? { shape } : {}),
    valueType: inside['valueType'],
  }
}

function definitionOf(schema: unknown): Readonly<Record<string, unknown>> {
  const definition = isObject(schema) ? schema['def'] : undefined
  return isObject(definition) ? definition : {}
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
