import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import {
  parseIncidentFilter,
  parseRequestFilter,
  parseWindow,
  type Parsed,
  type QueryParameters,
} from './parse-query.ts'
import { problem } from './problem.ts'
import type { ApiAnswer, ApiQuery } from './query.ts'

export const API = '/api/v1'

export type Ask = (query: ApiQuery) => Promise<ApiAnswer>

/** A query that takes longer is not worth waiting for; the page says so. */
const ASK_TIMEOUT_MS = 8000

/** One route per kind of query: checks what was asked, and asks it. */
export function serveQueries(server: FastifyInstance, ask: Ask): void {
  const answer = async (reply: FastifyReply, query: Parsed<ApiQuery>): Promise<FastifyReply> => {
    if (query.kind === 'invalid') {
      return problem(reply, { status: 400, title: 'Invalid query', detail: query.detail })
    }
    const result = await askInTime(ask, query.value)
    if (result === undefined) {
      return problem(reply, {
        status: 504,
        title: 'The query took too long',
        detail: `There was no answer within ${ASK_TIMEOUT_MS / 1000} seconds.`,
        hint: 'Ask for a shorter window, or try again when ingest has calmed down.',
      })
    }
    if (result.kind === 'refused') throw new TypeError('only an act is refused')
    if (result.kind === 'not-found') {
      return problem(reply, {
        status: 404,
        title: 'Not found',
        detail: result.what,
        hint: result.hint,
      })
    }
    return reply
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .send(result.json)
  }
  server.get(`${API}/rules`, (_, reply) => answer(reply, parsed({ kind: 'rules' })))
  server.get(`${API}/health`, (_, reply) => answer(reply, parsed({ kind: 'health' })))
  for (const kind of ['overview', 'episodes'] as const) {
    server.get(`${API}/${kind}`, (request, reply) => {
      const window = parseWindow(queryOf(request))
      return answer(
        reply,
        window.kind === 'invalid' ? window : parsed({ kind, windowMs: window.value }),
      )
    })
  }
  server.get(`${API}/incidents`, (request, reply) => {
    const window = parseWindow(queryOf(request))
    if (window.kind === 'invalid') return answer(reply, window)
    const filter = parseIncidentFilter(queryOf(request))
    if (filter.kind === 'invalid') return answer(reply, filter)
    const query = { kind: 'incidents', windowMs: window.value, filter: filter.value } as const
    return answer(reply, parsed(query))
  })
  server.get<{ Params: { id: string } }>(`${API}/incidents/:id`, (request, reply) => {
    const id = parseIncidentId(request.params.id)
    return answer(reply, id.kind === 'invalid' ? id : parsed({ kind: 'incident', id: id.value }))
  })
  server.get(`${API}/requests`, (request, reply) => {
    const filter = parseRequestFilter(queryOf(request))
    return answer(
      reply,
      filter.kind === 'invalid' ? filter : parsed({ kind: 'requests', filter: filter.value }),
    )
  })
  server.get<{ Params: { id: string } }>(`${API}/traces/:id`, (request, reply) =>
    answer(
      reply,
      /^[0-9a-f]{32}$/iu.test(request.params.id)
        ? parsed({ kind: 'trace', traceId: request.params.id.toLowerCase() })
        : { kind: 'invalid', detail: 'a trace id is 32 hex digits' },
    ),
  )
}

export function parseIncidentId(text: string): Parsed<string> {
  return /^inc-[0-9a-f]{16}$/u.test(text)
    ? { kind: 'parsed', value: text }
    : { kind: 'invalid', detail: 'an incident id is inc- and 16 hex digits' }
}

function parsed(value: ApiQuery): Parsed<ApiQuery> {
  return { kind: 'parsed', value }
}

/** Undefined where no answer came in time. */
export async function askInTime(ask: Ask, query: ApiQuery): Promise<ApiAnswer | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ASK_TIMEOUT_MS)
  })
  try {
    return await Promise.race([ask(query), late])
  } finally {
    clearTimeout(timer)
  }
}

function queryOf(request: FastifyRequest): QueryParameters {
  const { query } = request
  return typeof query === 'object' && query !== null ? { ...query } : {}
}
