import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a request that changes something may come from where it comes from. A browser sends the
 * password that it knows along with whatever page asks for it; but it says which page that is. What
 * is no browser sends neither header.
 */
export function isOwnOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const { origin, host } = headers
  if (origin === undefined) return true
  // Behind a proxy that speaks TLS the scheme is another, the name and its port are not.
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}
