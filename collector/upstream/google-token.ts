import type * as GoogleAuthLibrary from 'google-auth-library'
import type { GoogleCredentials } from '../config/config.ts'
import type { IssuedToken } from './token-source.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** What Google's tokens last for where the issuer does not say. */
const LIFETIME_MS_DEFAULT = 3_600_000

const TOKEN_URI = 'https://oauth2.googleapis.com/token'

/**
 * A new token of Google's. The library is loaded with the first one: it is large, and most
 * configurations have no use for it.
 */
export async function issueGoogleToken(
  credentials: GoogleCredentials,
  wallNow: () => number,
): Promise<IssuedToken> {
  const library = await import('google-auth-library')
  const client =
    credentials.kind === 'default'
      ? await new library.GoogleAuth({ scopes: SCOPE }).getClient()
      : fromJson(library, credentials.json.reveal())
  const { token } = await client.getAccessToken()
  if (typeof token !== 'string' || token === '') throw new Error('Google gave no token')
  const expiresAtMs = client.credentials.expiry_date ?? wallNow() + LIFETIME_MS_DEFAULT
  return { value: token, expiresAtMs }
}

type Library = typeof GoogleAuthLibrary

function fromJson(library: Library, json: string) {
  const fields: Record<string, unknown> = JSON.parse(json)
  if (fields['type'] === 'service_account') return serviceAccount(library, fields)
  return new library.GoogleAuth({ scopes: SCOPE }).fromJSON(fields)
}

/**
 * The library asks Google's own address whatever `token_uri` says; a private address of Google's,
 * and whoever stands in for it, is named by that field.
 */
function serviceAccount(library: Library, fields: Readonly<Record<string, unknown>>) {
  const given = fields['token_uri']
  const tokenUri = typeof given === 'string' && URL.canParse(given) ? given : TOKEN_URI
  const transporter = new library.gaxios.Gaxios()
  if (tokenUri !== TOKEN_URI) {
    transporter.interceptors.request.add({
      resolved: (request) => Promise.resolve(Object.assign(request, { url: new URL(tokenUri) })),
    })
  }
  const client = new library.JWT({
    scopes: [SCOPE],
    transporter,
    ...(tokenUri !== TOKEN_URI && { additionalClaims: { aud: tokenUri } }),
  })
  client.fromJSON(fields)
  return client
}

/** Why there is no token, and what to do; never anything of the credentials. */
export function describeTokenFailure(credentials: GoogleCredentials, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  const remedy =
    credentials.kind === 'json'
      ? 'check vertex_credentials: the account may be disabled, or its key deleted'
      : 'run `gcloud auth application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or give vertex_credentials'
  return `no Google token: ${reason.slice(0, REASON_CHARS_MAX)}; ${remedy}`
}

const REASON_CHARS_MAX = 300
