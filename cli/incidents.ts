import { hintFor } from '../collector/config/suggest.ts'
import { API_FLAGS_HELP } from './api/api-flags.ts'
import type { Command, CommandIo } from './command.ts'
import { CommandError } from './command-error.ts'

type Action = (args: readonly string[], io: CommandIo) => Promise<number>

const act = async () => (await import('./incidents/act.ts')).actions

/** Each loaded only when asked for. */
const ACTIONS: ReadonlyMap<string, () => Promise<Action>> = new Map([
  ['list', async () => (await import('./incidents/list.ts')).list],
  ['show', async () => (await import('./incidents/show.ts')).show],
  ['ack', async () => (await act()).ack],
  ['resolve', async () => (await act()).resolve],
  ['reopen', async () => (await act()).reopen],
  ['mute', async () => (await act()).mute],
  ['note', async () => (await act()).note],
])

export const incidents: Command = {
  name: 'incidents',
  summary: 'Look at incidents, and acknowledge, resolve, mute or note them',
  help: `Examples:
  secondwind incidents
  secondwind incidents list --state all --severity high
  secondwind incidents show 7f3a
  secondwind incidents ack 7f3a --note "on it"
  secondwind incidents mute 7f3a --for 2h --as ana
  secondwind incidents note 7f3a "The provider's key has expired; rotated at 03:10."

Usage: secondwind incidents [list|show ID|ack ID|resolve ID|reopen ID|mute ID|note ID TEXT] [options]

Asks a running analyzer. An ID may be shortened to its first digits, as long as they are those of
one incident alone. What is done is kept with who did it; a request of the same kind more than five
minutes after "resolve" makes the incident regress.

  list            the worst first; without an action, too
  show ID         what failed, what to do, and all that was done about it
  ack ID          somebody is on it
  resolve ID      it is over
  reopen ID       it is not: takes back ack, resolve and mute
  mute ID         known and not to be seen to; ends by itself with --for or --until
  note ID TEXT    a remark in its history; - reads it from stdin

Options of list:
  --state STATE           open, acknowledged, regressed, resolved, muted, several with commas, or all;
                          default open,acknowledged,regressed
  --severity SEVERITY     high or medium
  --rule ID               of this class
  --source NAME           of this router

Options of acts:
  --as NAME               who does it, default the user of this shell
  --note TEXT             a remark that goes with it
  --for TIME              mute: 30m, 2h, 7d, 2w
  --until TIME            mute: 2026-03-04T05:06:07Z

Options of all:
${API_FLAGS_HELP}

Exit codes: 0 done, 1 there is no such incident or it cannot be done in its state, 2 usage,
3 unusable token file, 4 the analyzer cannot be reached or refuses, 5 it could not be kept,
7 no answer in time
`,
  run: async (args, io) => {
    const [first, ...rest] = args
    const isListed = first === undefined || first.startsWith('-')
    const load = ACTIONS.get(isListed ? 'list' : first)
    if (load === undefined) {
      throw new CommandError('USAGE', {
        message: `incidents: there is no action "${first ?? ''}"`,
        hint: hintFor(first ?? '', [...ACTIONS.keys()]),
      })
    }
    const action = await load()
    return action(isListed ? args : rest, io)
  },
}
