import type { ListenConfig } from '../config/config.ts'

/** Whether a request's `Host` names this router. */
export type AllowHost = (host: string | undefined) => boolean

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1'])

/**
 * On loopback a page in the user's browser can reach us under a name of its own (DNS rebinding);
 * the Host header is what gives it away. Elsewhere the key protects, and names are the operator's.
 */
export function createAllowHost(listen: ListenConfig): AllowHost {
  if (!isLoopback(listen.host)) return () => true
  const allowed = new Set(
    [...LOOPBACK, listen.host, ...listen.allowedHosts].map((name) => name.toLowerCase()),
  )
  return (host) => host !== undefined && allowed.has(hostname(host))
}

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host.toLowerCase()) || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** `Host` without its port, and without the trailing dot of a fully qualified name. */
function hostname(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
}
