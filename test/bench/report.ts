import { type Column, COLUMNS, TITLES } from './contenders.ts'
import type { Goal, Row, Values } from './scenarios.ts'

const NAME_WIDTH = 54
const UNIT_WIDTH = 11
const VALUE_WIDTH = 15

/** The table, row by row as it is measured, in Markdown that is also read well as it stands. */
export function printHead(): void {
  const titles = COLUMNS.map((column) => TITLES[column].padStart(VALUE_WIDTH))
  print([
    'scenario'.padEnd(NAME_WIDTH),
    'unit'.padEnd(UNIT_WIDTH),
    ...titles,
    'goal of the sidecar',
  ])
  const lines = COLUMNS.map(() => `${'-'.repeat(VALUE_WIDTH - 1)}:`)
  print(['-'.repeat(NAME_WIDTH), '-'.repeat(UNIT_WIDTH), ...lines, '-------------------'])
}

export function printRow(
  row: Pick<Row, 'name' | 'unit' | 'digits' | 'goals'>,
  values: Values,
): void {
  const cells = COLUMNS.map((column) => cell(values, column, row.digits).padStart(VALUE_WIDTH))
  const goals = row.goals.map((goal) => judge(goal, values)).join('; ')
  print([row.name.padEnd(NAME_WIDTH), row.unit.padEnd(UNIT_WIDTH), ...cells, goals])
}

function cell(values: Values, column: Column, digits: number): string {
  const value = values.get(column)
  if (value === undefined) return '–'
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

function judge(goal: Goal, values: Values): string {
  const wanted = `${goal.isMinimum ? '≥' : '≤'} ${goal.limit} ${goal.text}`
  const reached = goal.of(values)
  if (reached === undefined) return `${wanted}: not measured`
  const isMet = goal.isMinimum ? reached >= goal.limit : reached <= goal.limit
  const digits = Math.abs(reached) >= 100 ? 0 : 2
  return `${wanted}: ${reached.toFixed(digits)} ${isMet ? 'met' : 'MISSED'}`
}

function print(cells: readonly string[]): void {
  clearProgress()
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

/** On a terminal what is being measured stands in one line, below the rows that are done. */
export function showProgress(text: string): void {
  if (!process.stderr.isTTY) return
  process.stderr.write(`\r\u001b[K${text}`)
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
