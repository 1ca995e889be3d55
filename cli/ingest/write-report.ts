import type { FileReport } from './ingest-file.ts'

export interface RunReport {
  /** Where spans were sent; undefined on a dry run. */
  readonly to: string | undefined
  readonly files: readonly FileReport[]
}

/** `ingest --json`: one document. */
export function toJson({ to, files }: RunReport): string {
  const { accepted, rejected, problems } = totalOf(files)
  return JSON.stringify({
    schemaVersion: 1,
    dryRun: to === undefined,
    to: to ?? null,
    accepted,
    rejected,
    problems,
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
  const done = doneAt(to)
  return files.map((file) => `${describeFile(file, done)}\n`).join('')
}

/** Below the lines of several files: a shell's pattern may name thousands. */
export function toTotal({ to, files }: RunReport): string {
  if (files.length < 2) return ''
  const notRead = files.filter(({ format }) => format === undefined).length
  const counts = describeCounts(totalOf(files), doneAt(to))
  const parts = notRead === 0 ? counts : [...counts, `${notRead} of the files not read`]
  return `${files.length.toLocaleString('en-US')} files: ${parts.join(', ')}\n`
}

interface Counts {
  readonly accepted: number
  readonly rejected: number
  readonly reasons: FileReport['reasons']
  readonly problems: number
}

function totalOf(files: readonly FileReport[]): Counts {
  const total = { accepted: 0, rejected: 0, reasons: new Map<string, number>(), problems: 0 }
  for (const { accepted, rejected, reasons, problems } of files) {
    total.accepted += accepted
    total.rejected += rejected
    total.problems += problems.count
    for (const [reason, count] of reasons) {
      total.reasons.set(reason, (total.reasons.get(reason) ?? 0) + count)
    }
  }
  return total
}

function doneAt(to: string | undefined): string {
  return to === undefined ? 'would be accepted' : 'accepted'
}

function describeFile(file: FileReport, done: string): string {
  // Why is on stderr.
  if (file.format === undefined) return `${nameOf(file.path)}: not read`
  const counts = describeCounts({ ...file, problems: file.problems.count }, done)
  return `${nameOf(file.path)}: ${counts.join(', ')}`
}

function describeCounts({ accepted, rejected, reasons, problems }: Counts, done: string) {
  const parts = [`${spans(accepted)} ${done}`]
  if (rejected > 0) {
    const why = [...reasons].map(([reason, count]) => `${reason}: ${count}`).join(', ')
    parts.push(`${spans(rejected)} rejected (${why})`)
  }
  if (problems > 0) parts.push(`${problems} part${problems === 1 ? '' : 's'} unreadable`)
  return parts
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
