import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { WireRequestList } from '../../analyzer/api/wire.ts'
import { demoConfig } from '../../demo/config.ts'
import { startProvider, type Provider } from '../../demo/provider/start-provider.ts'
import { SCENARIOS } from '../../demo/scenarios.ts'
import { startCommand, type RunningCommand } from '../support/start-command.ts'

// Invariant I10: nothing of a prompt, an answer or a key in any byte that is written. A leak would
// be silent: everything works, and the data folder holds what nobody agreed to keep.

const CANARIES = {
  prompt: 'canary-prompt-7c1e',
  system: 'canary-system-7c1e',
  tool: 'canary_tool_7c1e',
  /** Of the client; the sidecar of this test asks for none, and must not keep what it is sent. */
  clientKey: 'sk-canary-client-7c1e',
  /** Of the configuration. */
  providerKey: 'sk-demo-made-up',
  /** Of the provider's answers. */
  answer: 'word-17 word-18',
}

let folder: string
let provider: Provider
let analyzer: RunningCommand
let sidecar: RunningCommand
let page: string
let url: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secondwind-canary-'))
  provider = await startProvider()
  analyzer = startCommand(
    [
      'analyzer',
      '--port=0',
      '--otlp-http-port=0',
      '--otlp-grpc-port=0',
      '--data-dir',
      join(folder, 'data'),
    ],
    {},
  )
  const ready = await analyzer.waitForLine(/analyzer ready/)
  const [, pageUrl = '', otlpUrl = ''] = /page (\S+), OTLP\/HTTP (\S+),/.exec(ready) ?? []
  page = pageUrl
  const config = join(folder, 'sidecar.yaml')
  writeFileSync(config, demoConfig({ providerUrl: provider.url, sidecarPort: 0 }))
  sidecar = startCommand(['sidecar', '--config', config], {
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl },
  })
  url = /ready: (\S+)$/.exec(await sidecar.waitForLine(/sidecar ready/))?.[1] ?? ''
}, 30_000)

afterAll(async () => {
  for (const process of [sidecar, analyzer]) {
    process.kill('SIGTERM')
    await process.ended
  }
  await provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('no prompt, answer or key is in a byte of the data folder, the logs or the API', async () => {
  const asked = await Promise.all(SCENARIOS.map(({ name }) => ask(name)))
  await vi.waitFor(
    async () => {
      const { requests } = JSON.parse(
        await getText('/api/v1/requests?limit=200'),
      ) as WireRequestList
      // Not counted: ports are given again, and another test's router may still send to this one.
      const told = requests.flatMap(({ traceIds }) => traceIds)
      expect(told).toEqual(expect.arrayContaining(asked))
    },
    { timeout: 40_000, interval: 200 },
  )
  const written = new Map<string, string>([
    ['the log of the sidecar', sidecar.stderr()],
    ['the log of the analyzer', analyzer.stderr()],
    ['the list of requests', await getText('/api/v1/requests?limit=200')],
    ['the list of incidents', await getText('/api/v1/incidents')],
    ...filesOf(join(folder, 'data')),
  ])
  const leaks = [...written].flatMap(([where, bytes]) =>
    Object.entries(CANARIES)
      .filter(([, canary]) => bytes.includes(canary))
      .map(([what]) => `${what} in ${where}`),
  )
  expect(leaks).toEqual([])
}, 60_000)

/** The id of its trace, whatever becomes of it: complete or an error. */
async function ask(model: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${CANARIES.clientKey}`,
    },
    body: JSON.stringify({
      model,
      stream: true,
      messages: [
        { role: 'system', content: CANARIES.system },
        { role: 'user', content: CANARIES.prompt },
      ],
      tools: [
        {
          type: 'function',
          function: { name: CANARIES.tool, parameters: { type: 'object', properties: {} } },
        },
      ],
    }),
  })
  await response.text()
  return response.headers.get('x-secondwind-trace-id') ?? 'no trace id'
}

async function getText(path: string): Promise<string> {
  return (await fetch(`${page}${path}`)).text()
}

/** Each file as text of one character per byte, so that no encoding hides anything. */
function filesOf(data: string): readonly (readonly [string, string])[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path, readFileSync(path, 'latin1')] as const
    })
}
