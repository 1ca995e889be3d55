import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { demoConfig } from '../../demo/config.ts'
import { type Provider, startProvider } from '../../demo/provider/start-provider.ts'
import { type FaultyReceiver, startFaultyReceiver } from '../support/faulty-receiver.ts'
import { type RunningCommand, startCommand } from '../support/start-command.ts'
import { deliveredTraces } from '../support/telemetry-rig.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

/** A real process that ends while its analyzer does not answer: what it recorded is not lost. */

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
  return () => provider.stop()
})

interface Started {
  readonly command: RunningCommand
  readonly url: string
}

async function startSidecar(folder: string, receiver: FaultyReceiver): Promise<Started> {
  const config = join(folder, 'sidecar.yaml')
  writeFileSync(config, demoConfig({ providerUrl: provider.url, sidecarPort: 0 }))
  const command = startCommand(['sidecar', '--config', config], {
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      SECONDWIND_DATA_DIR: join(folder, 'data'),
    },
  })
  onTestFinished(() => command.kill('SIGKILL'))
  const line = await command.waitForLine(/secondwind sidecar ready/)
  return { command, url: /ready: (\S+)$/.exec(line)?.[1] ?? '' }
}

/** One stream that is rescued; resolves to its trace id. */
async function askForRescue(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'cut-by-reset',
      stream: true,
      messages: [{ role: 'user', content: 'Say it.' }],
    }),
  })
  await response.text()
  return response.headers.get('x-secondwind-trace-id') ?? ''
}

async function startBlackHole(): Promise<FaultyReceiver> {
  const receiver = await startFaultyReceiver()
  onTestFinished(() => receiver.stop())
  await receiver.behave('black hole')
  return receiver
}

async function expectDelivery(traceId: string, folder: string, receiver: FaultyReceiver) {
  await receiver.behave('healthy')
  const next = await startSidecar(folder, receiver)
  const outcome = await waitUntil(
    () => deliveredTraces(receiver).get(traceId) as string | undefined,
  )
  next.command.kill('SIGTERM')
  const { exitCode } = await next.command.ended
  return { outcome, exitCode }
}

describe('a sidecar whose analyzer takes spans and never answers', () => {
  test('ends in time at SIGTERM, and the next one delivers what it had', async () => {
    const folder = temporaryFolder()
    const receiver = await startBlackHole()
    const { command, url } = await startSidecar(folder, receiver)
    const traceId = await askForRescue(url)
    await waitUntil(() => receiver.met() > 0, 'a batch on its way')
    const stopped = performance.now()
    command.kill('SIGTERM')
    expect((await command.ended).exitCode).toBe(0)
    // Two seconds are promised; OpenTelemetry's own needs ten.
    expect(performance.now() - stopped).toBeLessThan(8000)
    expect(await expectDelivery(traceId, folder, receiver)).toEqual({
      outcome: 'rescued',
      exitCode: 0,
    })
  })

  test('is killed, and the next one delivers what was on disk', async () => {
    const folder = temporaryFolder()
    const receiver = await startBlackHole()
    await receiver.behave('refused')
    const { command, url } = await startSidecar(folder, receiver)
    const traceId = await askForRescue(url)
    await waitUntil(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      return /^secondwind_sidecar_spans_spooled [1-9]/m.test(metrics)
    }, 'the spans on disk')
    command.kill('SIGKILL')
    await command.ended
    expect(await expectDelivery(traceId, folder, receiver)).toEqual({
      outcome: 'rescued',
      exitCode: 0,
    })
  })
})
