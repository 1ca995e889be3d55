import { randomBytes } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { WireHealth, WireTrace } from '../../../analyzer/api/wire.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import { buildSpan, protobufRequest } from '../../support/otlp.ts'
import { runAnalyzer } from '../../support/running-analyzer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitUntil } from '../../support/wait-until.ts'

/** The thread itself, compiled, beside one that writes and one that judges. */

/** 16 MiB are kept: a segment is full at 2 MiB. */
function smallStore(): string {
  const file = join(temporaryFolder(), 'config.yaml')
  writeFileSync(file, 'analyzer:\n  retention:\n    span_mib: 16\n')
  return file
}

function traceOf(): readonly Span[] {
  const traceId = randomBytes(16).toString('hex')
  return Array.from({ length: 4 }, () =>
    buildSpan({
      traceId,
      spanId: randomBytes(8).toString('hex'),
      attributes: Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`k${index}`, randomBytes(30).toString('hex')]),
      ),
    }),
  )
}

const databasesIn = (dataDir: string): readonly string[] =>
  readdirSync(join(dataDir, 'segments')).filter((name) => name.endsWith('.db'))

test('packs what is judged and keeps to the size while spans come, and every trace stays whole', async () => {
  const { dataDir, send, api, logged } = await runAnalyzer({ configFile: smallStore() })
  const sent: (readonly Span[])[] = []
  const packed = (): number =>
    databasesIn(dataDir).filter((name) => name.endsWith('.packed.db')).length
  for (let round = 0; round < 7; round += 1) {
    const traces = Array.from({ length: 60 }, traceOf)
    sent.push(...traces)
    const { status } = await send(protobufRequest(traces.flat()))
    expect(status).toBe(200)
  }
  await waitUntil(() => packed() >= 1 && databasesIn(dataDir).length - packed() === 1, 'packing')
  for (const spans of [sent[0], sent[300], sent.at(-1)]) {
    const { spans: found } = await api<WireTrace>(`traces/${spans?.[0]?.traceId}`)
    expect(found.map((span) => span.spanId).toSorted()).toEqual(
      spans?.map((span) => span.spanId).toSorted(),
    )
  }
  const { keeping, spansStored } = await api<WireHealth>('health')
  expect(keeping).toEqual({ troubledSince: null, why: null, damaged: [], setAsideBytes: 0 })
  expect(spansStored).toBe(sent.length * 4)
  await waitUntil(
    () => logged.filter((line) => line.includes('was packed')).length === packed(),
    'a line of the log for each file that was packed',
  )
}, 60_000)

test('tells in health of a file that cannot be read, and everything else goes on', async () => {
  const dataDir = temporaryFolder()
  const before = await runAnalyzer({ dataDir })
  const first = traceOf()
  await before.send(protobufRequest(first))
  await before.stop()
  writeFileSync(join(dataDir, 'segments', '000000.packed.db'), 'no database')
  const { api, send } = await runAnalyzer({ dataDir })
  await waitUntil(async () => {
    const { keeping } = await api<WireHealth>('health')
    return keeping.damaged.includes('000000.packed.db')
  })
  expect((await send(protobufRequest(traceOf()))).status).toBe(200)
  expect((await api<WireTrace>(`traces/${first[0]?.traceId}`)).spans).toHaveLength(4)
})
