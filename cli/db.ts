import { hintFor } from '../collector/config/suggest.ts'
import type { Command, CommandIo } from './command.ts'
import { CommandError } from './command-error.ts'

type Action = (args: readonly string[], io: CommandIo) => Promise<number>

/** Each loaded only when asked for: help must not wait for a database. */
const ACTIONS: ReadonlyMap<string, () => Promise<Action>> = new Map([
  ['stats', async () => (await import('./db/stats.ts')).stats],
  ['check', async () => (await import('./db/check.ts')).check],
  ['backup', async () => (await import('./db/backup.ts')).backup],
  ['prune', async () => (await import('./db/prune.ts')).prune],
])

export const db: Command = {
  name: 'db',
  summary: "Look after the analyzer's data: figures, check, backup, prune",
  help: `Examples:
  secondwind db stats
  secondwind db check --data-dir /var/lib/secondwind
  secondwind db backup /mnt/backup/secondwind-monday
  secondwind db prune --older-than 7d --dry-run

Usage: secondwind db stats|check|backup DIR|prune [options]

All of them work beside a running analyzer, and without one.

  stats        files, spans, bytes per span, ages, sources, verdicts and how far they have come
  check        reads everything and verifies it; says of each problem what it means and what to do
  backup DIR   a consistent copy into an empty or new folder; an analyzer can be started on it
  prune        drops whole files, the oldest first, never the one that is written to

Options:
  --data-dir DIR        default SECONDWIND_DATA_DIR, else ~/.local/share/secondwind
  --json                one JSON document on stdout
  --older-than AGE      prune: files whose newest span is older: 12h, 7d, 2w
  --to-size SIZE        prune: until all files together take no more: 500MiB, 2GiB
  --set-aside           prune: damaged files that were set aside, too or alone; with --older-than
                        those that were before
  --dry-run             prune: says what would be dropped, and drops nothing

Exit codes: 0 done, 1 check found damage, 2 usage, 5 the folder cannot be read or written
`,
  run: async ([name, ...args], io) => {
    const load = name === undefined ? undefined : ACTIONS.get(name)
    if (load === undefined) throw unknownAction(name)
    const action = await load()
    return action(args, io)
  },
}

function unknownAction(name: string | undefined): CommandError {
  const names = [...ACTIONS.keys()]
  if (name === undefined || name.startsWith('-')) {
    return new CommandError('USAGE', {
      message: `db: expected one of ${names.join(', ')}`,
      hint: 'secondwind help db shows what they do',
    })
  }
  return new CommandError('USAGE', {
    message: `db: there is no action "${name}"`,
    hint: hintFor(name, names),
  })
}
