import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { IDEMPOTENCY_KEY, parseIdempotencyKey } from './idempotency-key.ts'
import { isOwnOrigin } from './same-origin.ts'
import { parseAct } from './parse-act.ts'
import { problem } from './problem.ts'
import { API, askInTime, parseIncidentId, type Ask } from './query-routes.ts'
import type { ApiAnswer } from './query.ts'

/** A note of the longest kind, each of its characters escaped, and what stands around it. */
const BODY_BYTES_MAX = 16 * 1024

const INVALID_ACT = 'Invalid act'

/** Whoever could not be served asks again after this. */
const RETRY_AFTER_S = 5

export const ACTS_PATH = /^\/api\/v1\/incidents\/[^/?]+\/acts(?:\?|$)/u

/** The one route that changes something: what a person does to an incident. */
export function serveActs(server: FastifyInstance, ask: Ask): void {
  server.post<{ Params: { id: string } }>(
    `${API}/incidents/:id/acts`,
    {
      bodyLimit: BODY_BYTES_MAX,
      onRequest: async (request, reply) => refuseForeign(request, reply),
    },
    async (request, reply) => {
      const id = parseIncidentId(request.params.id)
      if (id.kind === 'invalid') return invalid(reply, id.detail)
      const act = parseAct(request.body)
      if (act.kind === 'invalid') return invalid(reply, act.detail)
      const key = parseIdempotencyKey(request.headers[IDEMPOTENCY_KEY])
      if (key.kind === 'invalid') return invalid(reply, key.detail)
      const query = {
        kind: 'act',
        incidentId: id.value,
        act: act.value,
        ...(key.value !== undefined && { key: key.value }),
      } as const
      return answer(reply, await askInTime(ask, query))
    },
  )
}

/** A page of another site can send a form or a plain text here, but no JSON, and not as ours. */
function refuseForeign(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  if (!isOwnOrigin(request.headers)) {
    return problem(reply, {
      status: 403,
      title: 'Another origin',
      detail:
        'Incidents are changed from their own page, or by a program, and not by another page.',
      hint: 'Where a proxy stands before the analyzer, let it pass the Host header on as it is.',
    })
  }
  const type = request.headers['content-type'] ?? ''
  if (/^application\/json(?:\s*;|$)/iu.test(type)) return undefined
  return problem(reply, {
    status: 415,
    title: 'Not JSON',
    detail: 'The body must be sent as application/json.',
  })
}

function answer(reply: FastifyReply, result: ApiAnswer | undefined): FastifyReply {
  if (result === undefined) {
    return problem(reply, {
      status: 504,
      title: 'No answer in time',
      detail: 'Whether it was kept is not known.',
      hint: 'Under the same Idempotency-Key it may be sent again: it is done once. Without one, look at the history of the incident first.',
    })
  }
  switch (result.kind) {
    case 'found':
      return reply
        .header('cache-control', 'no-store')
        .type('application/json; charset=utf-8')
        .send(result.json)
    case 'not-found':
      return problem(reply, {
        status: 404,
        title: 'Not found',
        detail: result.what,
        hint: result.hint,
      })
    case 'refused':
      if (result.status === 503) reply.header('retry-after', String(RETRY_AFTER_S))
      return problem(reply, {
        status: result.status,
        title: TITLES[result.status],
        detail: result.what,
        hint: result.hint,
      })
  }
}

const TITLES = {
  400: INVALID_ACT,
  409: 'Not in this state',
  422: 'Key of another act',
  503: 'Not kept',
  507: 'Too many acts',
} as const

function invalid(reply: FastifyReply, detail: string): FastifyReply {
  return problem(reply, { status: 400, title: INVALID_ACT, detail })
}
