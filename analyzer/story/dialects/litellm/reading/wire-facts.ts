import type { Api } from '../../../../../collector/vocabulary.ts'
import { firstText, numeric, text } from '../../../attributes.ts'
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
  for (const { name, attributes } of spans) {
    if (name === 'auth') return apiOfPath(text(attributes, 'call_type'))
    if (name.startsWith('auth /')) return apiOfPath(name)
  }
  return undefined
}

function apiOfPath(path: string | undefined): Api | undefined {
  if (path?.endsWith('/chat/completions') === true) return 'chat'
  if (path?.endsWith('/responses') === true) return 'responses'
  return path?.endsWith('/messages') === true ? 'messages' : undefined
}

/** Whether a model was asked for: health checks and the admin pages pass through a proxy too. */
export function isModelRequest(server: Span | undefined, spans: readonly Span[]): boolean {
  if (apiOfServer(server) !== undefined) return true
  if (spans.some(isRoutePick)) return true
  return spans.some((span) => ROUTING.has(span.name)) || pathOf(server) === undefined
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
