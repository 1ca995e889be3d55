import { readFileSync } from 'node:fs'

import { z } from 'zod'

import { EVERY_RULE } from '../../analyzer/rules/every-rule.ts'
import { OUTCOMES } from '../../collector/vocabulary.ts'
import { formatPath, type Path } from '../../collector/config/config-path.ts'
import { hintFor } from '../../collector/config/suggest.ts'
import { parseYaml, type YamlSource } from '../../collector/config/yaml-source.ts'
import { describeReadError } from '../describe-read-error.ts'

/** The word of `quiet` for every rule that a case does not name. */
export const OTHERS = 'others'

const RULE_IDS = EVERY_RULE.map(({ id }) => id)

/** One alone may stand without the brackets of a list. */
const listOf = <T extends z.ZodType>(element: T) =>
  z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(element).min(1))

const wordOf = (words: readonly string[], what: string) =>
  z.string().refine((word) => words.includes(word), {
    error: ({ input }) =>
      `there is no ${what} "${String(input)}"; ${hintFor(String(input), words)}`,
  })

const path = z.string().min(1)

const caseSchema = z.strictObject({
  name: z.string().min(1),
  spans: listOf(path),
  router_config: path.optional(),
  requests: z.int().min(0).optional(),
  outcome: listOf(wordOf(OUTCOMES, 'outcome')).optional(),
  primary: wordOf(RULE_IDS, 'rule').optional(),
  fires: listOf(wordOf(RULE_IDS, 'rule')).optional(),
  may: listOf(wordOf(RULE_IDS, 'rule')).optional(),
  quiet: listOf(wordOf([...RULE_IDS, OTHERS], 'rule')).optional(),
})

const fileSchema = z.strictObject({
  config: path.optional(),
  router_config: path.optional(),
  tests: z.array(caseSchema).min(1),
})

/** What a case says, and where it stands. */
export interface VerdictCase extends z.output<typeof caseSchema> {
  readonly line: number
  /** Of one of its keys; its own, where it has none such. */
  lineOf(key: keyof z.output<typeof caseSchema>): number
}

export interface VerdictTests {
  readonly kind: 'read'
  readonly config: string | undefined
  readonly routerConfig: string | undefined
  readonly cases: readonly VerdictCase[]
}

/** One thing that is wrong with a file, as compilers write it. */
export type VerdictTestsFile =
  | VerdictTests
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

/** Reads a file of cases, and says of everything in it that is wrong where it stands. */
export function readVerdictTests(file: string): VerdictTestsFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error: unknown) {
    return { kind: 'invalid', problems: [`${file}: ${describeReadError(error)}`] }
  }
  const parsed = parseYaml(text)
  if (parsed.kind === 'invalid') {
    return { kind: 'invalid', problems: parsed.errors.map((error) => at(file, error)) }
  }
  const { source } = parsed
  const result = fileSchema.safeParse(source.value)
  const problems = result.success
    ? result.data.tests.flatMap((one, index) => contradictionsOf(one, ['tests', index]))
    : result.error.issues.flatMap(describeIssue)
  if (!result.success || problems.length > 0) {
    const located = problems.map((one) => at(file, { ...one, position: source.locate(one.path) }))
    return { kind: 'invalid', problems: located }
  }
  const { config, router_config: routerConfig, tests } = result.data
  const cases = tests.map((one, index) => toCase(one, source, ['tests', index]))
  return { kind: 'read', config, routerConfig, cases }
}

function toCase(one: z.output<typeof caseSchema>, source: YamlSource, place: Path): VerdictCase {
  const line = source.locate([...place, 'name'])?.line ?? 1
  return { ...one, line, lineOf: (key) => source.locate([...place, key])?.line ?? line }
}

interface Problem {
  readonly path: Path
  readonly message: string
}

/** A case that cannot fail, or cannot pass, is a mistake. */
function contradictionsOf(one: z.output<typeof caseSchema>, place: Path): readonly Problem[] {
  const { requests, outcome, primary, fires = [], quiet = [], may = [] } = one
  const wanted = primary === undefined ? fires : [primary, ...fires]
  const problems = [...wanted, ...may]
    .filter((id) => quiet.includes(id))
    .map((id) => ({ path: [...place, 'quiet'], message: `${id} is expected to fire as well` }))
  if (may.length > 0 && !quiet.includes(OTHERS)) {
    const message = `says something only beside \`quiet: ${OTHERS}\``
    problems.push({ path: [...place, 'may'], message })
  }
  const isEmpty = requests === undefined && outcome === undefined && wanted.length === 0
  if (isEmpty && quiet.length === 0) {
    const message = 'expects nothing; give it requests, outcome, primary, fires or quiet'
    problems.push({ path: [...place, 'name'], message })
  }
  return problems
}

function describeIssue(issue: z.core.$ZodIssue): readonly Problem[] {
  const place = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = Object.keys(place.length === 0 ? fileSchema.shape : caseSchema.shape)
      return issue.keys.map((key) => ({
        path: [...place, key],
        message: `there is no such key; ${hintFor(key, known)}`,
      }))
    }
    case 'invalid_type':
      return [
        { path: place, message: `expected ${EXPECTED.get(issue.expected) ?? issue.expected}` },
      ]
    case 'too_small':
      return [{ path: place, message: 'it is empty' }]
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union':
    case 'invalid_value':
    case 'not_multiple_of':
    case 'too_big':
      return [{ path: place, message: issue.message }]
    default:
      return issue satisfies never
  }
}

const EXPECTED: ReadonlyMap<string, string> = new Map([
  ['object', 'a map of keys and values'],
  ['string', 'a text'],
  ['array', 'a list, or one text'],
  ['int', 'a whole number'],
  ['number', 'a whole number'],
])

interface Located {
  readonly message: string
  readonly path?: Path
  readonly position?: { readonly line: number; readonly column: number } | undefined
}

function at(file: string, { message, path: place = [], position }: Located): string {
  const where = position === undefined ? file : `${file}:${position.line}:${position.column}`
  const name = place.length === 0 ? '' : ` ${formatPath(place)}:`
  return `${where}:${name} ${message}`
}
