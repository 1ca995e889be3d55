import type { DeploymentParams } from './deployment-params.ts'
import { Secret } from './secret.ts'

/** RFC 9110: what a header's name is made of. */
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/
/** Printable ASCII: a line break would begin another header. */
const VALUE = /^[\u0020-\u007e]*$/

/** What HTTP itself, or the router, has to say. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * `extra_headers`, else `headers`, and OpenAI's `organization`: sent with every request of the
 * deployment. Values may be keys of a gateway, so all are treated as secrets.
 */
export function readHeaders(params: DeploymentParams): ReadonlyMap<string, Secret> {
  const headers = new Map<string, Secret>()
  const organization = params.secret('organization')
  if (organization !== undefined) headers.set('openai-organization', organization)
  const path = params.find('extra_headers', 'headers')
  if (path === undefined || !params.reader.map(path)) return headers
  for (const key of params.reader.keys(path)) {
    const place = [...path, key]
    const value = params.reader.string(place)
    const name = key.toLowerCase()
    const complaint = !NAME.test(key)
      ? 'is no name that HTTP knows: letters, digits and hyphens'
      : RESERVED.has(name)
        ? 'is a header that the router has to set itself'
        : value !== undefined && !VALUE.test(value)
          ? 'has a value that no header can carry: printable ASCII only'
          : undefined
    if (complaint === undefined) {
      if (value !== undefined) headers.set(name, new Secret(value))
      continue
    }
    params.reader.fail({
      code: 'CONFIG_WRONG_TYPE',
      path: place,
      message: `the header "${key}" ${complaint}`,
    })
  }
  return headers
}
