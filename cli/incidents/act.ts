import { text } from 'node:stream/consumers'

import type { WireAct, WireIncident } from '../../analyzer/api/wire.ts'
import { API_FLAGS, apiOf } from '../api/api-flags.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { parseAge } from '../db/measures.ts'
import { parseFlags } from '../parse-flags.ts'
import { printable } from '../terminal-text.ts'
import { findIncident } from './find-incident.ts'
import { shortId } from './short-id.ts'

type Action = (args: readonly string[], io: CommandIo) => Promise<number>

const FLAGS = {
  ...API_FLAGS,
  as: { type: 'string' },
  note: { type: 'string' },
} as const

/** More words than a note has characters. */
const WORDS_MAX = 2000

/** One for each thing that a person does to an incident. */
export const actions: Readonly<Record<'ack' | 'resolve' | 'reopen' | 'mute' | 'note', Action>> = {
  ack: actOf('acknowledge'),
  resolve: actOf('resolve'),
  reopen: actOf('reopen'),
  mute: async (args, io) => {
    const { values, positionals } = parseFlags(
      args,
      { ...FLAGS, for: { type: 'string' }, until: { type: 'string' } },
      1,
    )
    const end = endOf(values.for, values.until)
    return perform(values, io, {
      id: positionals[0],
      toAct: (by, nowMs) => {
        const until = end?.(nowMs)
        return { kind: 'mute', by, ...(until !== undefined && { until }) }
      },
    })
  },
  note: async (args, io) => {
    const { values, positionals } = parseFlags(args, FLAGS, WORDS_MAX)
    const [id, ...words] = positionals
    const note = words.length === 1 && words[0] === '-' ? await text(io.stdin) : words.join(' ')
    if (id !== undefined && note.trim() === '') {
      throw new CommandError('USAGE', {
        message: 'incidents note: expected a text',
        hint: 'secondwind incidents note ID "what you found", or - for stdin',
      })
    }
    return perform(values, io, { id, toAct: (by) => ({ kind: 'note', by, note }) })
  },
}

function actOf(kind: WireAct['kind']): Action {
  return async (args, io) => {
    const { values, positionals } = parseFlags(args, FLAGS, 1)
    return perform(values, io, { id: positionals[0], toAct: (by) => ({ kind, by }) })
  }
}

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>['values']

interface Wanted {
  readonly id: string | undefined
  readonly toAct: (by: string, nowMs: number) => WireAct
}

async function perform(values: Values, io: CommandIo, { id, toAct }: Wanted): Promise<number> {
  const by = nameOf(values.as)
  const api = apiOf(values)
  const { row, nowMs } = await findIncident(api, id)
  const act = toAct(by, nowMs)
  const note = act.note ?? values.note
  const after = await api.post<WireIncident>(`incidents/${row.id}/acts`, {
    ...act,
    ...(note !== undefined && { note }),
  })
  io.stdout.write(
    values.json === true ? `${JSON.stringify(after)}\n` : `${describe(row.state, after)}\n`,
  )
  return EXIT.ok
}

function describe(before: string, after: WireIncident): string {
  const was = before === after.state ? '' : ` (was ${before})`
  const until = after.mutedUntil === null ? '' : ` until ${after.mutedUntil}`
  return `${shortId(after.id)} is ${after.state}${until}${was}: ${printable(after.title)}`
}

/** As the shell says it; the analyzer knows tokens and no people. */
function nameOf(given: string | undefined): string {
  const name = given ?? process.env['USER'] ?? process.env['LOGNAME'] ?? process.env['USERNAME']
  if (name !== undefined && name.trim() !== '') return name
  throw new CommandError('USAGE', {
    message: 'nobody knows who does it: this shell names no user',
    hint: 'say it with --as NAME: it is kept with what you do',
  })
}

/** By the analyzer's clock, which ends it. */
function endOf(
  duration: string | undefined,
  until: string | undefined,
): ((nowMs: number) => string) | undefined {
  if (duration !== undefined && until !== undefined) {
    throw new CommandError('USAGE', {
      message: 'incidents mute: --for and --until are both given',
      hint: 'give one of them',
    })
  }
  if (until !== undefined) return () => until
  if (duration === undefined) return undefined
  const ms = parseAge('for', duration)
  return (nowMs) => new Date(nowMs + ms).toISOString()
}
