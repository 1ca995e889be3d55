import { assert } from 'vitest'

import { assembleStories } from '../../analyzer/story/assemble.ts'
import type { Story } from '../../analyzer/story/story.ts'
import { loadConfig } from '../../collector/config/load-config.ts'
import { startSidecar } from '../../collector/main.ts'
import { createTelemetry } from '../../collector/telemetry/create-telemetry.ts'
import { startProvider } from '../../demo/provider/start-provider.ts'
import { decodeDocument } from './decode-document.ts'
import { startOtlpReceiver } from './otlp-receiver.ts'
import { recordLog } from './record-log.ts'

/** What the sidecar says that it is. */
export const SIDECAR_RELEASE = '1.2.3'

export interface AskSidecar {
  /** Its configuration, with the demo's provider at this address. */
  readonly configOf: (providerUrl: string) => string
  readonly ask: (sidecarUrl: string) => Promise<unknown>
}

/**
 * What the analyzer makes of the spans that a real sidecar exported while it was asked, before a
 * provider that breaks as it is told.
 */
export async function tellSidecar({ configOf, ask }: AskSidecar): Promise<readonly Story[]> {
  const provider = await startProvider()
  const receiver = await startOtlpReceiver()
  const loaded = loadConfig(configOf(provider.url), {
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
  })
  assert(loaded.kind !== 'invalid')
  const telemetry = createTelemetry({
    config: loaded.config.telemetry,
    secrets: [],
    version: SIDECAR_RELEASE,
    log: recordLog(),
  })
  const sidecar = await startSidecar({ config: loaded.config, telemetry })
  try {
    await ask(sidecar.url)
  } finally {
    await sidecar.stop()
    await receiver.stop()
    await provider.stop()
  }
  const spans = decodeDocument(Buffer.concat(receiver.bodies))
  return assembleStories({ source: 'sidecar', spans, routerConfig: undefined })
}
