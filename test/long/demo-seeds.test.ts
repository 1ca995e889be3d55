import { expect, test } from 'vitest'
import { runSecondwind } from '../support/run-secondwind.ts'

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
    const first = await runSecondwind(args)
    const second = await runSecondwind(args)
    expect([first.code, second.code]).toEqual([0, 0])
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
