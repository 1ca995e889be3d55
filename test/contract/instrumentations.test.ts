import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import type { WireHealth, WireRequestList } from '../../analyzer/api/wire.ts'
import { instrumentationRecordings } from '../support/instrumentation-recordings.ts'
import { runAnalyzer } from '../support/running-analyzer.ts'
import { waitUntil } from '../support/wait-until.ts'

// Applications send prompts and answers with their spans, and nothing of these may reach the disk;
// what is left must still tell what became of each call, and what cannot be told of any.

test('what applications send is judged, and nothing that they captured is on disk', async () => {
  const { api, send, dataDir } = await runAnalyzer()
  for (const { otlp } of instrumentationRecordings()) {
    const body = new TextEncoder().encode(JSON.stringify(otlp))
    expect((await send(body, { 'content-type': 'application/json' })).status).toBe(200)
  }
  const health = await waitUntil(async () => {
    const current = await api<WireHealth>('health')
    return current.requestsPending === 0 && current.spansWithoutRequest > 0 && current
  })
  expect(health.spansUnrecognised).toBe(0)
  expect(health.sources[0]?.cannotShow).toEqual(
    expect.arrayContaining([
      'Spans of opentelemetry.instrumentation.openai.v1 cannot show that a stream broke: its span is closed as a success, as where nobody read on.',
      'Spans of ai cannot show a stream whose connection broke: it has no span at all.',
    ]),
  )
  const { requests } = await api<WireRequestList>('requests?limit=200')
  expect(new Set(requests.map(({ dialect }) => dialect))).toEqual(
    new Set(['gen-ai', 'openinference']),
  )
  const leaks = filesOf(dataDir).filter((path) =>
    /canary|word-17/u.test(readFileSync(path, 'latin1')),
  )
  expect(leaks).toEqual([])
})

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
