import { join, resolve } from 'node:path'
import { OTLP_ENCODINGS, type OtlpEncoding, type TelemetryConfig } from './config.ts'
import type { Environment } from './config-reader.ts'
import type { ConfigProblem } from './problem.ts'
import { Secret } from './secret.ts'
import type { SecondwindSection } from './secondwind-schema.ts'

/** The analyzer's OTLP/HTTP port, where it stands beside the sidecar. */
const ENDPOINT_DEFAULT = 'http://127.0.0.1:4318'

/** About 16 MiB: a minute of an absent analyzer at 30 requests per second. */
const QUEUE_SPANS_DEFAULT = 8192
const BATCH_SPANS_DEFAULT = 512
/** An incident must not wait five seconds, the SDK's default, for its spans to be sent. */
const BATCH_DELAY_MS_DEFAULT = 500
const EXPORT_TIMEOUT_MS_DEFAULT = 10_000

export interface TelemetrySources {
  readonly environment: Environment
  readonly section: SecondwindSection['telemetry']
  readonly problems: ConfigProblem[]
  readonly warnings: ConfigProblem[]
}

/**
 * Where spans go: OpenTelemetry's own variables, which every deployment of it knows already; what
 * they have no word for stands under `secondwind.telemetry`.
 */
export function readTelemetry(sources: TelemetrySources): TelemetryConfig {
  const { environment, section, problems } = sources
  const get = (name: string) => environment[name]?.trim() || undefined
  const traces = get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')
  const general = get('OTEL_EXPORTER_OTLP_ENDPOINT') ?? ENDPOINT_DEFAULT
  // The specification: the traces' variable is the URL itself, the general one is its beginning.
  const tracesUrl = traces ?? `${general.replace(/\/+$/, '')}/v1/traces`
  if (!/^https?:\/\//.test(tracesUrl) || !URL.canParse(tracesUrl)) {
    const name = `OTEL_EXPORTER_OTLP_${traces === undefined ? '' : 'TRACES_'}ENDPOINT`
    problems.push({
      code: 'CONFIG_INVALID_URL',
      path: name,
      message: 'expected an address that begins with http:// or https://',
      hint: `for example ${name}=${traces === undefined ? ENDPOINT_DEFAULT : `${ENDPOINT_DEFAULT}/v1/traces`}`,
    })
  }
  const number = (name: string, otherwise: number) => {
    const text = get(name)
    const value = Number(text)
    if (text === undefined) return otherwise
    if (Number.isInteger(value) && value > 0) return value
    problems.push({
      code: 'CONFIG_OUT_OF_RANGE',
      path: name,
      message: `expected a whole number above 0, found ${JSON.stringify(text)}`,
    })
    return otherwise
  }
  const headers = new Map<string, Secret>()
  for (const list of ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS']) {
    for (const [name, value] of parsePairs(get(list))) {
      headers.set(name.toLowerCase(), new Secret(value))
    }
  }
  const attributes = new Map(parsePairs(get('OTEL_RESOURCE_ATTRIBUTES')))
  const spoolDir = findSpoolDir(section.spool_dir, get)
  return {
    enabled: get('OTEL_SDK_DISABLED')?.toLowerCase() !== 'true',
    tracesUrl,
    headers,
    encoding: readEncoding(sources.warnings, get),
    exportTimeoutMs: number(
      'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
      number('OTEL_EXPORTER_OTLP_TIMEOUT', EXPORT_TIMEOUT_MS_DEFAULT),
    ),
    serviceName: get('OTEL_SERVICE_NAME') ?? attributes.get('service.name') ?? 'secondwind',
    resourceAttributes: attributes,
    queueSpansMax: number('OTEL_BSP_MAX_QUEUE_SIZE', QUEUE_SPANS_DEFAULT),
    batchSpansMax: number('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', BATCH_SPANS_DEFAULT),
    batchDelayMs: number('OTEL_BSP_SCHEDULE_DELAY', BATCH_DELAY_MS_DEFAULT),
    sampleRatio: section.sample_ratio,
    ...(spoolDir !== undefined &&
      section.spool_bytes_max > 0 && {
        spool: { dir: spoolDir, bytesMax: section.spool_bytes_max },
      }),
  }
}

type GetVariable = (name: string) => string | undefined

/**
 * Only a warning: a variable that is meant for the other programs of a pod must not keep this one
 * from serving (I6).
 */
function readEncoding(warnings: ConfigProblem[], get: GetVariable): OtlpEncoding {
  const variables = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']
  const name = variables.find((variable) => get(variable) !== undefined)
  const wanted = name === undefined ? OTLP_ENCODINGS[0] : get(name)
  const known = OTLP_ENCODINGS.find((encoding) => encoding === wanted)
  if (known !== undefined) return known
  warnings.push({
    code: 'CONFIG_OUT_OF_RANGE',
    path: name ?? '',
    message: `expected ${OTLP_ENCODINGS.join(' or ')}, found ${JSON.stringify(wanted)}; spans are sent as ${OTLP_ENCODINGS[0]}`,
    hint: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must name the OTLP/HTTP receiver, usually port 4318',
  })
  return OTLP_ENCODINGS[0]
}

/** Beside the analyzer's data: the same variables name its folder. */
function findSpoolDir(given: string | undefined, get: GetVariable): string | undefined {
  if (given !== undefined) return resolve(given)
  const dataDir = get('SECONDWIND_DATA_DIR')
  if (dataDir !== undefined) return resolve(dataDir, 'spool')
  const [share, home] = [get('XDG_DATA_HOME'), get('HOME') ?? get('USERPROFILE')]
  if (share !== undefined) return join(share, 'secondwind', 'spool')
  return home === undefined ? undefined : join(home, '.local/share/secondwind/spool')
}

/** `a=1,b=2`, values percent-encoded as in W3C baggage; what is no pair is left out. */
function parsePairs(list: string | undefined): readonly (readonly [string, string])[] {
  return (list ?? '').split(',').flatMap((pair) => {
    const equals = pair.indexOf('=')
    if (equals < 1) return []
    const value = pair.slice(equals + 1).trim()
    return [[pair.slice(0, equals).trim(), decode(value)] as const]
  })
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    // A bare `%` is meant as it stands.
    return value
  }
}
