import { rmSync } from 'node:fs'

import { expect, test } from 'vitest'

import { waitUntil } from '../../support/wait-until.ts'
import { startAnalyzerProcess } from './analyzer-process.ts'
import { saltedFolder, sendAll } from './kill-runs.ts'
import { checkStored } from './stored.ts'
import { drawBatches } from './traffic.ts'

test('spans are refused, not acknowledged, where somebody has removed the folder they would go to', async () => {
  const dataDir = saltedFolder()
  const analyzer = await startAnalyzerProcess({ dataDir })
  const batches = drawBatches(13, { batches: 4, fromMs: Date.now() })
  await sendAll(analyzer, batches)
  rmSync(dataDir, { recursive: true })
  const [first] = batches
  if (first === undefined) throw new Error('nothing was drawn')
  for (let turn = 0; turn < 2; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop -- as a sender comes again
    const sent = await analyzer.send(first)
    expect(sent).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/u) as unknown })
  }
  expect(await analyzer.status('/api/v1/overview')).toBe(200)
  await waitUntil(
    async () => JSON.stringify(await analyzer.api('health')).includes('was removed or replaced'),
    'health says why',
  )
  await analyzer.stop()

  const next = await startAnalyzerProcess({ dataDir })
  await sendAll(next, batches)
  expect(await checkStored(next, { acked: batches })).toEqual([])
}, 120_000)
