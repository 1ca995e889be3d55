import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { demoConfig } from '../../demo/config.ts'
import { wordNumbersIn } from '../../demo/provider/answer-text.ts'
import { startProvider, type Provider } from '../../demo/provider/start-provider.ts'
import { runSecondwind, startSecondwind, type Running } from '../support/run-secondwind.ts'

/** Invariant I6: with no analyzer there, not one byte of an answer changes. */

let folder: string
let provider: Provider
let sidecar: Running
let url: string
let config: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secondwind-alone-'))
  provider = await startProvider()
  config = join(folder, 'sidecar.yaml')
  writeFileSync(config, demoConfig({ providerUrl: provider.url, sidecarPort: 0 }))
  // Nobody listens on port 9 of loopback.
  const nobody = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
  sidecar = startSecondwind(['sidecar', '--config', config], nobody)
  const ready = await sidecar.line(/secondwind sidecar ready: (\S+)\n/)
  url = ready[1] ?? ''
})
afterAll(async () => {
  await sidecar.stop()
  await provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('a stream is finished by another target though no analyzer is there', async () => {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'cut-by-reset',
      messages: [{ role: 'user', content: 'Say the sixty words.' }],
      stream: true,
    }),
  })
  const numbers = wordNumbersIn(await response.text())
  expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
})

test('it says once that spans cannot be delivered, and what to do', async () => {
  await vi.waitFor(() => expect(sidecar.stderr()).toContain('spans cannot be delivered'), {
    timeout: 10_000,
  })
  const lines = sidecar.stderr().split('\n')
  expect(lines.filter((line) => line.includes('spans cannot be delivered'))).toHaveLength(1)
  expect(sidecar.stderr()).toContain('"hint":"')
})

test.each(['sidecar', 'analyzer'])(
  '%s names a port that is taken, and what to do',
  async (name) => {
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    const { port } = blocker.address() as AddressInfo
    const own = {
      sidecar: ['--config', config],
      analyzer: ['--data-dir', join(folder, 'data'), '--otlp-http-port', '0'],
    }[name]
    const { code, stderr } = await runSecondwind([name, ...(own ?? []), '--port', String(port)])
    blocker.close()
    expect(code).toBe(3)
    expect(stderr).toContain(`port ${port}`)
    expect(stderr).toContain('hint: ')
  },
)
