import { expect, test } from 'vitest'

import { formerLines } from '../../../cli/incidents/history-lines.ts'

test('what was done to an incident that is no more is told with how much of it is shown', () => {
  const done = [
    {
      at: '2026-03-04T05:06:07.000Z',
      kind: 'muted',
      by: 'ana',
      note: 'known\nsince May',
      until: '2026-03-05T00:00:00.000Z',
    },
  ] as const
  expect(formerLines({ id: 'inc-0000000000000001', acts: 3, done })).toEqual([
    '  the last 1 of 3 acts:',
    '  2026-03-04T05:06:07Z  muted until 2026-03-05T00:00:00.000Z, ana',
    '      known',
    '      since May',
  ])
  expect(formerLines({ id: 'inc-0000000000000001', acts: 1, done })).toHaveLength(3)
})
