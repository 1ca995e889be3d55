import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import {
  readExport,
  readRecordings,
  replay,
  ROUTER_CONFIG_FILE,
  type Recording,
} from '../../demo/replay.ts'
import { runCommand, startCommand, type RunningCommand } from '../support/start-command.ts'

/**
 * Requests of real LiteLLM processes, with what really happened beside each: what `expected` allows
 * and demands, no more and no less, offline and through the running analyzer.
 */

interface Judged {
  readonly source: string
  readonly route: string | null
  readonly outcome: string
  readonly findings: readonly { readonly rule: string }[]
}

const FOLDER = fileURLToPath(new URL('../../demo/recordings/', import.meta.url))
const SETTLE_MS = 1500

let folder: string
let recordings: readonly Recording[]
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secondwind-recordings-'))
  recordings = await readRecordings()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What is wrong with a verdict, in words; empty where it is as it must be. */
function complaints(recording: Recording, judged: readonly Judged[]): readonly string[] {
  const [one, ...others] = judged
  const { route, expected } = recording
  if (!one || others.length > 0) return [`${route}: ${judged.length} requests instead of one`]
  const fired = one.findings.map(({ rule }) => rule)
  const allowed = [...expected.must, ...expected.may]
  return [
    ...(one.route === route ? [] : [`${route}: its route is told as ${one.route}`]),
    ...(expected.outcome.includes(one.outcome) ? [] : [`${route}: outcome ${one.outcome}`]),
    ...expected.must.filter((rule) => !fired.includes(rule)).map((rule) => `${route}: no ${rule}`),
    ...fired
      .filter((rule) => !allowed.includes(rule))
      .map((rule) => `${route}: false alarm ${rule}`),
  ]
}

async function classify(
  argsOf: (recording: Recording) => readonly string[],
): Promise<readonly Judged[]> {
  const args = recordings.flatMap(argsOf)
  const { exitCode, stdout, stderr } = await runCommand(['classify', '--json', ...args])
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}:\n${stderr}`)
  return (JSON.parse(stdout) as { requests: readonly Judged[] }).requests
}

function ofFile(requests: readonly Judged[], { file }: Recording): readonly Judged[] {
  return requests.filter(({ source }) => source.endsWith(`/${file}`))
}

describe('through secondwind classify --json', () => {
  test('each with its own router configuration', async () => {
    const requests = await classify(({ route, file, config }) => {
      const path = join(folder, `${route}.json`)
      writeFileSync(path, JSON.stringify(config))
      return ['--router-config', path, FOLDER + file]
    })
    expect(recordings.flatMap((one) => complaints(one, ofFile(requests, one)))).toEqual([])
  })

  test('all with the configuration of one router that has all their routes', async () => {
    const requests = await classify(({ file }) => [
      '--router-config',
      ROUTER_CONFIG_FILE,
      FOLDER + file,
    ])
    expect(recordings.flatMap((one) => complaints(one, ofFile(requests, one)))).toEqual([])
  })

  test('with no attribute but those that otel-collector.yaml lets through', async () => {
    const allowed = keysThroughCollector()
    for (const recording of recordings) {
      const text = JSON.stringify(JSON.parse(await readExport(recording)), (key, value: unknown) =>
        key === 'attributes' && Array.isArray(value)
          ? (value as { key: string }[]).filter((attribute) => allowed.has(attribute.key))
          : value,
      )
      writeFileSync(join(folder, recording.file), text)
    }
    const requests = await classify(({ file }) => [
      '--router-config',
      ROUTER_CONFIG_FILE,
      join(folder, file),
    ])
    expect(recordings.flatMap((one) => complaints(one, ofFile(requests, one)))).toEqual([])
  })
})

function keysThroughCollector(): ReadonlySet<string> {
  const file = new URL('../../otel-collector.yaml', import.meta.url)
  const config = parse(readFileSync(file, 'utf8')) as {
    processors: { redaction: { allowed_keys: string[] } }
  }
  return new Set(config.processors.redaction.allowed_keys)
}

describe('through the running analyzer', () => {
  let analyzer: RunningCommand
  let pageUrl: string
  beforeAll(async () => {
    const config = join(folder, 'analyzer.yaml')
    const litellm = {
      name: 'litellm',
      match: { 'service.name': 'litellm' },
      router_config: ROUTER_CONFIG_FILE,
    }
    writeFileSync(config, stringify({ analyzer: { settle_ms: SETTLE_MS, sources: [litellm] } }))
    analyzer = startCommand([
      'analyzer',
      `--config=${config}`,
      `--data-dir=${join(folder, 'data')}`,
      '--port=0',
      '--otlp-http-port=0',
      '--otlp-grpc-port=0',
    ])
    const line = await analyzer.waitForLine(/ready: page/)
    const ready = /page (http:\S+?)\/?, OTLP\/HTTP (http:\S+?)\/?,/.exec(line) ?? []
    pageUrl = ready[1] ?? ''
    await replay(ready[2] ?? '', BigInt(Date.now()) * 1_000_000n)
  })
  afterAll(async () => {
    analyzer.kill('SIGTERM')
    await analyzer.ended
  })

  async function get<T>(path: string): Promise<T> {
    return (await (await fetch(pageUrl + path)).json()) as T
  }

  test('all from one source, at the same time', async () => {
    const requests = await vi.waitFor(
      async () => {
        const { requests: found } = await get<{ requests: readonly Judged[] }>(
          '/api/v1/requests?limit=200',
        )
        expect(found).toHaveLength(recordings.length)
        return found
      },
      { timeout: 15_000, interval: 250 },
    )
    expect(new Set(requests.map(({ source }) => source))).toEqual(new Set(['litellm']))
    const wrong = recordings.flatMap((recording) =>
      complaints(
        recording,
        requests.filter(({ route }) => route === recording.route),
      ),
    )
    expect(wrong).toEqual([])
  })

  test('and every one that failed is in an incident', async () => {
    const { incidents } = await get<{ incidents: readonly { rule: string; count: number }[] }>(
      '/api/v1/incidents',
    )
    const failed = recordings.filter(({ expected }) => expected.must.length > 0)
    const counted = incidents.reduce((sum, { count }) => sum + count, 0)
    expect(counted).toBe(failed.length)
    expect(incidents.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['prefill-rejected', 'aresponses-fallback-bypassed']),
    )
  })
})
