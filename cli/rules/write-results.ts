import { painter, printable } from '../terminal-text.ts'
import type { CaseResult } from './run-case.ts'

/** What came of one file of cases. */
export interface FileResult {
  readonly file: string
  /** Why none of its cases was run. */
  readonly problems: readonly string[]
  readonly cases: readonly CaseResult[]
}

const passed = ({ differences }: CaseResult): boolean => differences.length === 0

/** A line per case, and under one that fails what was expected and what came instead. */
export function toText(
  { file, problems, cases }: FileResult,
  { colour }: { readonly colour: boolean },
): string {
  const paint = painter(colour)
  if (problems.length > 0) return `${file}: ${paint('not run', 'red')}\n`
  const lines = cases.flatMap((one) => {
    if (passed(one)) return [`${paint('ok', 'green')}    ${printable(one.name)}`]
    return [
      `${paint('FAIL', 'red')}  ${printable(one.name)}`,
      ...one.differences.flatMap(({ about, line, expected, found }) => [
        `      ${paint(`${file}:${line}`, 'dim')} ${about}`,
        `        expected ${printable(expected)}`,
        `        found    ${printable(found)}`,
      ]),
    ]
  })
  const failed = cases.filter((one) => !passed(one)).length
  return `${lines.join('\n')}\n${file}: ${cases.length - failed} passed, ${failed} failed\n`
}

/** `rules test --json`: one document. */
export function toJson(results: readonly FileResult[]): string {
  const cases = results.flatMap((result) => result.cases)
  const document = {
    schemaVersion: 1,
    passed: cases.filter(passed).length,
    failed: cases.filter((one) => !passed(one)).length,
    files: results.map(({ file, problems, cases: own }) => ({
      file,
      problems,
      tests: own.map((one) => ({
        name: one.name,
        line: one.line,
        passed: passed(one),
        differences: one.differences,
      })),
    })),
  }
  return `${JSON.stringify(document)}\n`
}
