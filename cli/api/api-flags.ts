import { CommandError } from '../command-error.ts'
import { readTokenFile } from '../ingest/read-token-file.ts'
import { AnalyzerApi } from './analyzer-api.ts'

const URL_DEFAULT = 'http://127.0.0.1:4319'

/** Of every command that asks a running analyzer; beside `--json`. */
export const API_FLAGS = {
  url: { type: 'string' },
  'auth-token-file': { type: 'string' },
  json: { type: 'boolean' },
} as const

/** For `--help`. */
export const API_FLAGS_HELP = `  --url URL               the analyzer's page, default ${URL_DEFAULT}
  --auth-token-file FILE  the token that it expects
  --json                  one JSON document on stdout, as the API has it`

export interface ApiFlagValues {
  readonly url?: string | undefined
  readonly 'auth-token-file'?: string | undefined
}

export function apiOf(values: ApiFlagValues): AnalyzerApi {
  const file = values['auth-token-file']
  const token = file === undefined ? undefined : readTokenFile(file, '--auth-token-file')
  return new AnalyzerApi({ url: parseUrl(values.url ?? URL_DEFAULT), token })
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/u.test(url.protocol)) {
    throw new CommandError('USAGE', {
      message: `--url: expected an address with http:// or https://, found "${text}"`,
      hint: `for instance ${URL_DEFAULT}`,
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new CommandError('USAGE', {
      message: '--url: an address with a name or a password in it would be seen by others',
      hint: 'put the token into a file and pass --auth-token-file FILE',
    })
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/u, '')
}
