import type { Api } from '../../../../../collector/vocabulary.ts'
import { firstText, isError, numeric, text } from '../../../attributes.ts'
import type { Span } from '../../../span.ts'
import type { Call } from './call.ts'
import { isRoutePick } from '../span-kinds.ts'

const PATH_KEYS = ['http.route', 'url.path', 'http.target'] as const

/** Which API was called, by its path; a proxy's own pages are none. */
export function apiOfServer(...servers: readonly (Span | undefined)[]): Api | undefined {
  for (const server of servers) {
    const api = apiOfPath(pathOf(server))
    if (api !== undefined) return api
  }
  return undefined
}

/** The proxy checks a key for a path: v1 says which in an attribute, v2 in the span's name. */
export function apiOfAuth(spans: readonly Span[]): Api | undefined {
  return apiOfPath(authPathOf(spans))
}

function authPathOf(spans: readonly Span[]): string | undefined {
  for (const { name, attributes } of spans) {
    if (name === 'auth') return text(attributes, 'call_type')
    if (name.startsWith('auth /')) return name.slice('auth '.length)
  }
  return undefined
}

function apiOfPath(path: string | undefined): Api | undefined {
  if (path?.endsWith('/chat/completions') === true) return 'chat'
  if (path?.endsWith('/responses') === true) return 'responses'
  // A thread of assistants has messages, too.
  return path?.endsWith('/v1/messages') === true ? 'messages' : undefined
}

/** Whether a model was asked for: health checks and the admin pages pass through a proxy too. */
export function isModelRequest(server: Span | undefined, spans: readonly Span[]): boolean {
  if (apiOfServer(server) !== undefined) return true
  if (wasSeenByRouter(spans)) return true
  // Tokens are counted by a deployment that is picked, too.
  if (spans.some(isRoutePick)) return server === undefined || isError(server) || !isCount(server)
  if (pathOf(server) !== undefined) return false
  return authPathOf(spans) === undefined || apiOfAuth(spans) !== undefined
}

function isCount(server: Span): boolean {
  return pathOf(server)?.endsWith('/count_tokens') === true
}

export function wasSeenByRouter(spans: readonly Span[]): boolean {
  return spans.some((span) => ROUTING.has(span.name))
}

/** v1's spans of the router's own steps. */
export const ROUTING: ReadonlySet<string> = new Set(['self', 'router'])

export function pathOf(server: Span | undefined): string | undefined {
  const path = server === undefined ? undefined : firstText(server.attributes, PATH_KEYS)
  const query = path?.indexOf('?') ?? -1
  return query < 0 ? path : path?.slice(0, query)
}

/** Old and new HTTP conventions. */
export function wireStatus(server: Span | undefined): number | undefined {
  if (server === undefined) return undefined
  return (
    numeric(server.attributes, 'http.response.status_code') ??
    numeric(server.attributes, 'http.status_code')
  )
}

/** LiteLLM starts the span of the serving attempt with the request: only ends tell the order. */
export function byEnd(calls: readonly Call[]): readonly Call[] {
  return calls.toSorted((left, right) => {
    if (left.endNs !== right.endNs) return left.endNs < right.endNs ? -1 : 1
    // A call that served cannot end before one that failed, where the clock cannot tell.
    return Number(right.failed) - Number(left.failed)
  })
}
