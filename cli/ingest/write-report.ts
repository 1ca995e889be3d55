import type { FileReport } from './ingest-file.ts'

export interface RunReport {
  /** Where spans were sent; undefined on a dry run. */
  readonly to: string | undefined
  readonly files: readonly FileReport[]
}

/** `ingest --json`: one document. */
export function toJson({ to, files }: RunReport): string {
  const sum = (of: (file: FileReport) => number): number =>
    files.reduce((total, file) => total + of(file), 0)
  return JSON.stringify({
    schemaVersion: 1,
    dryRun: to === undefined,
    to: to ?? null,
    accepted: sum(({ accepted }) => accepted),
    rejected: sum(({ rejected }) => rejected),
    problems: sum(({ problems }) => problems.count),
    files: files.map((file) => ({
      file: file.path,
      format: file.format ?? null,
      accepted: file.accepted,
      rejected: file.rejected,
      rejectedReasons: Object.fromEntries(file.reasons),
      problemCount: file.problems.count,
      problems: file.problems.first,
    })),
  })
}

/** For people: a line per file, and why something is missing. */
export function toText({ to, files }: RunReport): string {
  const done = to === undefined ? 'would be accepted' : 'accepted'
  return files.map((file) => `${describeFile(file, done)}\n`).join('')
}

function describeFile(file: FileReport, done: string): string {
  const { path, format, accepted, rejected, reasons, problems } = file
  // Why is on stderr.
  if (format === undefined) return `${nameOf(path)}: not read`
  const parts = [`${spans(accepted)} ${done}`]
  if (rejected > 0) {
    const why = [...reasons].map(([reason, count]) => `${reason}: ${count}`).join(', ')
    parts.push(`${spans(rejected)} rejected (${why})`)
  }
  if (problems.count > 0) {
    parts.push(`${problems.count} part${problems.count === 1 ? '' : 's'} unreadable`)
  }
  return `${nameOf(path)}: ${parts.join(', ')}`
}

/** What could not be read, for stderr. */
export function describeProblems({ path, problems }: FileReport): readonly string[] {
  return problems.lines().map((problem) => `${nameOf(path)}: ${problem}`)
}

function nameOf(path: string): string {
  return path === '-' ? 'stdin' : path
}

function spans(count: number): string {
  return `${count.toLocaleString('en-US')} span${count === 1 ? '' : 's'}`
}
