import type { GoogleCredentials, VertexConfig } from './config.ts'
import { isRecord } from './config-reader.ts'
import type { DeploymentParams } from './deployment-params.ts'
import { Secret } from './secret.ts'

/** LiteLLM's default. */
const LOCATION_DEFAULT = 'us-central1'

/** A name that becomes a part of a host or a path, and must not become more. */
const NAME = /^[a-z0-9][a-z0-9.:-]*$/i

export type ReadVertex =
  | { readonly kind: 'read'; readonly vertex: VertexConfig; readonly apiBase: string }
  | { readonly kind: 'invalid' }

/** Reads a file that the configuration names; `undefined` where it cannot be read. */
export type ReadFile = (path: string) => string | undefined

/**
 * Where and as whom Claude is called on Vertex AI. The default credentials belong to Google: they
 * are shown to another origin only where the file names them.
 */
export function readVertex(
  params: DeploymentParams,
  apiBase: string | undefined,
  readFile: ReadFile,
): ReadVertex {
  const { reader } = params
  const location =
    params.string('vertex_location', 'vertex_ai_location') ??
    reader.environment('VERTEXAI_LOCATION') ??
    reader.environment('VERTEX_LOCATION') ??
    LOCATION_DEFAULT
  const credentials = readCredentials(params, readFile)
  if (credentials === 'invalid') return { kind: 'invalid' }
  const project =
    params.string('vertex_project', 'vertex_ai_project') ??
    reader.environment('VERTEXAI_PROJECT') ??
    credentials?.project ??
    reader.environment('GOOGLE_CLOUD_PROJECT')
  if (project === undefined) {
    reader.fail({
      code: 'CONFIG_MISSING',
      path: [...params.own, 'vertex_project'],
      message: 'expected the id of the Google Cloud project, found none',
      hint: 'add vertex_project, or set VERTEXAI_PROJECT',
    })
    return { kind: 'invalid' }
  }
  const wrong = [project, location].find((name) => !NAME.test(name))
  if (wrong !== undefined) {
    reader.fail({
      code: 'CONFIG_WRONG_TYPE',
      path: params.find(wrong === project ? 'vertex_project' : 'vertex_location') ?? params.own,
      message: `expected a name of Google Cloud's, found "${wrong}"`,
    })
    return { kind: 'invalid' }
  }
  const base = apiBase ?? locationBase(location)
  const given = credentials?.credentials
  const shown = given ?? (isGoogle(base) ? ({ kind: 'default' } as const) : undefined)
  return {
    kind: 'read',
    apiBase: base,
    vertex: { project, location, ...(shown !== undefined && { credentials: shown }) },
  }
}

function locationBase(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com'
  // Multi-regions have names without a number, and hosts of another form.
  if (location === 'us' || location === 'eu') {
    return `https://aiplatform.${location}.rep.googleapis.com`
  }
  return `https://${location}-aiplatform.googleapis.com`
}

function isGoogle(base: string): boolean {
  const { protocol, hostname } = new URL(base)
  return protocol === 'https:' && hostname.endsWith('.googleapis.com')
}

interface GivenCredentials {
  readonly credentials: GoogleCredentials
  readonly project: string | undefined
}

/** A path, or the JSON itself, as text or as a map of the file. */
function readCredentials(
  params: DeploymentParams,
  readFile: ReadFile,
): GivenCredentials | undefined | 'invalid' {
  const { reader } = params
  const path = params.find('vertex_credentials', 'vertex_ai_credentials')
  const value = path && reader.get(path)
  if (isRecord(value)) return toCredentials(JSON.stringify(value), value)
  const text = (path && reader.string(path)) ?? reader.environment('VERTEXAI_CREDENTIALS')
  if (text === undefined) return path === undefined ? undefined : 'invalid'
  const isInline = text.trimStart().startsWith('{')
  const json = isInline ? text : readFile(text)
  const parsed = json === undefined ? undefined : parse(json)
  if (json !== undefined && parsed !== undefined) return toCredentials(json, parsed)
  reader.fail({
    code: 'CONFIG_FILE_UNREADABLE',
    path: path ?? params.own,
    message:
      json === undefined
        ? `the file of Google credentials ${text} cannot be read`
        : 'expected Google credentials as JSON, found something else (value not shown)',
    hint: 'give the path of a service account’s key file, or its JSON, or leave it out to use the machine’s own credentials',
  })
  return 'invalid'
}

function toCredentials(json: string, parsed: Readonly<Record<string, unknown>>): GivenCredentials {
  const project = parsed['project_id'] ?? parsed['quota_project_id']
  return {
    credentials: { kind: 'json', json: new Secret(json) },
    project: typeof project === 'string' && project !== '' ? project : undefined,
  }
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isRecord(value) ? value : undefined
  } catch {
    // The parser quotes what it read, which is a key.
    return undefined
  }
}
