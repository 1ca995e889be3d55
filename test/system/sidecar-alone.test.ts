import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { demoConfig } from '../../demo/config.ts'
import { wordNumbersIn } from '../../demo/provider/answer-text.ts'
import { startProvider, type Provider } from '../../demo/provider/start-provider.ts'
import { runCommand, startCommand, type RunningCommand } from '../support/start-command.ts'

/** Invariant I6: with no analyzer there, not one byte of an answer changes. */

let folder: string
let provider: Provider
let sidecar: RunningCommand
let url: string
let config: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secondwind-alone-'))
  provider = await startProvider()
  config = join(folder, 'sidecar.yaml')
  writeFileSync(config, demoConfig({ providerUrl: provider.url, sidecarPort: 0 }))
  // Nobody listens on port 9 of loopback.
  const nobody = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
  sidecar = startCommand(['sidecar', '--config', config], { environment: nobody })
  const line = await sidecar.waitForLine(/secondwind sidecar ready/)
  const ready = /ready: (\S+)$/.exec(line) ?? []
  url = ready[1] ?? ''
})
afterAll(async () => {
  sidecar.kill('SIGTERM')
  await sidecar.ended
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
      analyzer: ['--data-dir', join(folder, 'data'), '--otlp-http-port=0', '--otlp-grpc-port=0'],
    }[name]
    const { exitCode, stderr } = await runCommand([name, ...(own ?? []), '--port', String(port)])
    blocker.close()
    expect(exitCode).toBe(3)
    expect(stderr).toContain(`port ${port}`)
    expect(stderr).toContain('hint: ')
  },
)
