import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'
import { PARAM_KEYS } from './ignore-params.ts'

/** `credential_list`: parameters under a name, for deployments that name it. */
export function readCredentials(reader: ConfigReader): ReadonlyMap<string, Path> {
  const credentials = new Map<string, Path>()
  const length = reader.list(['credential_list'])
  for (let index = 0; index < length; index += 1) {
    const entry = ['credential_list', index]
    if (!reader.map(entry)) continue
    const name = reader.string([...entry, 'credential_name'])
    const values = [...entry, 'credential_values']
    if (name === undefined || !reader.map(values)) continue
    credentials.set(name, values)
    for (const key of reader.keys(values)) {
      if (!PARAM_KEYS.has(key)) reader.ignore([...values, key])
    }
  }
  return credentials
}
