import { hintFor } from '../collector/config/suggest.ts'
import type { Command, CommandIo } from './command.ts'
import { CommandError } from './command-error.ts'

type Action = (args: readonly string[], io: CommandIo) => Promise<number>

/** Each loaded only when asked for. */
const ACTIONS: ReadonlyMap<string, () => Promise<Action>> = new Map([
  ['list', async () => (await import('./rules/list.ts')).list],
  ['test', async () => (await import('./rules/test.ts')).test],
])

export const rules: Command = {
  name: 'rules',
  summary: 'List the incident classes, and test verdicts on your own recordings',
  help: `Examples:
  secondwind rules list
  secondwind rules test verdicts.yaml
  secondwind rules test --json tests/*.yaml

Usage: secondwind rules list | test FILE... [options]

  list        every incident class in order of priority: of a request, the first that fires is
              primary; how bad it is, and what opens an incident of it
  test FILE   judges recorded traces as the analyzer would, and compares with what each case of
              the file expects: outcome, rules that must fire and rules that must not.
              docs/verdict-tests.md tells what may stand in such a file

Options:
  --json      one JSON document on stdout
  --help      this text

Exit codes: 0 done, all cases passed, 1 a case failed, 2 usage, 3 a file of cases, or a
configuration that it names, is wrong, 5 the traces of a case cannot be read whole
`,
  run: async (args, io) => {
    const [first, ...rest] = args
    const load = ACTIONS.get(first ?? '')
    if (load === undefined) {
      throw new CommandError('USAGE', {
        message:
          first === undefined ? 'rules: no action given' : `rules: there is no action "${first}"`,
        hint: hintFor(first ?? '', [...ACTIONS.keys()]),
      })
    }
    const action = await load()
    return action(rest, io)
  },
}
