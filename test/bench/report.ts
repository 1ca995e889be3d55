import { appendFileSync, writeFileSync } from 'node:fs'
import type { Goal, Values } from './goal.ts'

const NAME_WIDTH = 54
const UNIT_WIDTH = 11
const VALUE_WIDTH = 15

export interface ReportOptions<Column extends string> {
  /** What stands above each, in their order. */
  readonly titles: Readonly<Record<Column, string>>
  readonly goalTitle: string
  /** A file that gets the same; it is begun anew, and grows row by row. */
  readonly out?: string | undefined
}

export interface ReportRow<Column extends string> {
  readonly name: string
  readonly unit: string
  readonly digits: number
  readonly goals: readonly Goal<Column>[]
}

/** A table in Markdown that is also read well as it stands, written row by row. */
export class Report<Column extends string> {
  readonly #columns: readonly Column[]
  readonly #out: string | undefined
  readonly #notes: string[] = []

  constructor(columns: readonly Column[], { titles, goalTitle, out }: ReportOptions<Column>) {
    this.#columns = columns
    this.#out = out
    if (out !== undefined) writeFileSync(out, '')
    const heads = columns.map((column) => titles[column].padStart(VALUE_WIDTH))
    this.#line(['scenario'.padEnd(NAME_WIDTH), 'unit'.padEnd(UNIT_WIDTH), ...heads, goalTitle])
    const rules = columns.map(() => `${'-'.repeat(VALUE_WIDTH - 1)}:`)
    this.#line(['-'.repeat(NAME_WIDTH), '-'.repeat(UNIT_WIDTH), ...rules, '-'.repeat(19)])
  }

  row(row: ReportRow<Column>, values: Values<Column>): void {
    const cells = this.#columns.map((column) =>
      cell(values.get(column), row.digits).padStart(VALUE_WIDTH),
    )
    const goals = row.goals.map((goal) => judge(goal, values)).join('; ')
    this.#line([row.name.padEnd(NAME_WIDTH), row.unit.padEnd(UNIT_WIDTH), ...cells, goals])
  }

  /** Stands below the table, each once. */
  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text)
  }

  close(): void {
    for (const note of this.#notes) this.#write(`\n${note}\n`)
  }

  #line(cells: readonly string[]): void {
    this.#write(`| ${cells.join(' | ')} |\n`)
  }

  #write(text: string): void {
    showProgress('')
    process.stdout.write(text)
    if (this.#out !== undefined) appendFileSync(this.#out, text)
  }
}

function cell(value: number | undefined, digits: number): string {
  if (value === undefined) return '–'
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

function judge<Column extends string>(goal: Goal<Column>, values: Values<Column>): string {
  const limit = goal.limit.toLocaleString('en-US')
  const wanted = `${goal.isMinimum ? '≥' : '≤'} ${limit} ${goal.text}`
  const reached = goal.of(values)
  if (reached === undefined) return `${wanted}: not measured`
  const isMet = goal.isMinimum ? reached >= goal.limit : reached <= goal.limit
  return `${wanted}: ${cell(reached, Math.abs(reached) >= 100 ? 0 : 2)} ${isMet ? 'met' : 'MISSED'}`
}

/** On a terminal what is being measured stands in one line, below the rows that are done. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** NaN where there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
