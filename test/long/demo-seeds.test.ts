import { expect, test } from 'vitest'
import { runCommand } from '../support/start-command.ts'

/** What `npm test` shows for one seed in three seconds, for several seeds and longer traffic. */
test.each(['1', '2', '3', '7', '4294967295'])(
  'seed %s gives the same outcomes and findings twice, and every span is stored',
  async (seed) => {
    const args = [
      'demo',
      '--headless',
      '--json',
      '--seed',
      seed,
      '--duration',
      '20',
      '--rate',
      '10',
    ]
    const first = await runCommand(args)
    const second = await runCommand(args)
    expect([first.exitCode, second.exitCode]).toEqual([0, 0])
    const [one, other] = [first, second].map(
      ({ stdout }) =>
        JSON.parse(stdout) as {
          outcomes: unknown
          findings: unknown
          spans: { sent: number; stored: number }
        },
    )
    expect(other?.outcomes).toEqual(one?.outcomes)
    expect(other?.findings).toEqual(one?.findings)
    expect(one?.spans.stored).toBe(one?.spans.sent)
  },
)
