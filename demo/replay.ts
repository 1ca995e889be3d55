import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { z } from 'zod'

/** One request of a real LiteLLM process, as it exported it while its streams were broken. */
const recordingSchema = z.object({
  route: z.string(),
  file: z.string(),
  litellmVersion: z.string(),
  mode: z.string(),
  api: z.string(),
  /** From the provider's log and the client's bytes, not from the spans. */
  whatHappened: z.string(),
  /** What a truthful analyzer can conclude: any other class is a false alarm. */
  expected: z.object({
    outcome: z.array(z.string()),
    must: z.array(z.string()),
    may: z.array(z.string()),
  }),
  spans: z.number(),
  /** The router's own configuration. */
  config: z.unknown(),
})
export type Recording = Readonly<z.infer<typeof recordingSchema>>

/** OTLP/JSON, as far as the times in it. */
const exportSchema = z.looseObject({
  resourceSpans: z.array(
    z.looseObject({
      scopeSpans: z.array(
        z.looseObject({
          spans: z.array(
            z.looseObject({
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              events: z.array(z.looseObject({ timeUnixNano: z.string() })).optional(),
            }),
          ),
        }),
      ),
    }),
  ),
})
type Export = z.infer<typeof exportSchema>
type TimedSpan = Export['resourceSpans'][number]['scopeSpans'][number]['spans'][number]

/** Between the end of one recording and the start of the next: no two may look like one request. */
const GAP_NS = 1_500_000_000n

const unzip = promisify(gunzip)
const zip = promisify(gzip)

/** The compiled program reads the recordings where the sources have them. */
const FOLDER = new URL(
  import.meta.url.includes('/dist/demo/') ? '../../demo/recordings/' : './recordings/',
  import.meta.url,
)

/** LiteLLM's `config.yaml` with the routes of all recordings. */
export const ROUTER_CONFIG_FILE = fileURLToPath(new URL('router-config.yaml', FOLDER))

export async function readRecordings(): Promise<readonly Recording[]> {
  const text = await readFile(new URL('manifest.json', FOLDER), 'utf8')
  return z.array(recordingSchema).parse(JSON.parse(text))
}

/** The recording as OTLP/JSON text, with the times that it was made at. */
export async function readExport(recording: Recording): Promise<string> {
  return (await unzip(await readFile(new URL(recording.file, FOLDER)))).toString('utf8')
}

/**
 * Sends every recording to an OTLP/HTTP receiver, their times shifted so that the last one ends
 * now and each has its own place before it. Answers how many spans were sent.
 */
export async function replay(otlpHttpUrl: string, nowNs: bigint): Promise<number> {
  const recordings = await readRecordings()
  const exports = await Promise.all(
    recordings.map(async (recording) =>
      exportSchema.parse(JSON.parse(await readExport(recording))),
    ),
  )
  let endNs = nowNs
  let spans = 0
  // From the last to the first, so that the last one ends now.
  for (const one of exports.toReversed()) {
    const span = extentOf(one)
    shift(one, endNs - span.endNs)
    endNs -= span.endNs - span.startNs + GAP_NS
    spans += spansOf(one).length
  }
  for (const one of exports) await send(otlpHttpUrl, one)
  return spans
}

async function send(otlpHttpUrl: string, exported: Export): Promise<void> {
  const response = await fetch(`${otlpHttpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: new Uint8Array(await zip(JSON.stringify(exported))),
  })
  const answer = await response.text()
  if (response.status === 200) return
  throw new Error(`the analyzer took no recording: ${response.status} ${answer.slice(0, 200)}`)
}

function extentOf(exported: Export): { readonly startNs: bigint; readonly endNs: bigint } {
  const spans = spansOf(exported)
  const starts = spans.map((span) => BigInt(span.startTimeUnixNano))
  const ends = spans.map((span) => BigInt(span.endTimeUnixNano))
  return {
    startNs: starts.reduce((first, one) => (one < first ? one : first)),
    endNs: ends.reduce((last, one) => (one > last ? one : last)),
  }
}

function shift(exported: Export, byNs: bigint): void {
  const later = (timeNs: string): string => String(BigInt(timeNs) + byNs)
  for (const span of spansOf(exported)) {
    span.startTimeUnixNano = later(span.startTimeUnixNano)
    span.endTimeUnixNano = later(span.endTimeUnixNano)
    for (const event of span.events ?? []) event.timeUnixNano = later(event.timeUnixNano)
  }
}

function spansOf(exported: Export): readonly TimedSpan[] {
  return exported.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans),
  )
}
