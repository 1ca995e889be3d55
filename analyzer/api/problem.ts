import type { FastifyReply } from 'fastify'

import type { WireProblem } from './wire.ts'

export type ProblemInput = Omit<WireProblem, 'type'> & { readonly type?: string }

/** Answers with problem details (RFC 9457). */
export function problem(
  reply: FastifyReply,
  { type = 'about:blank', ...rest }: ProblemInput,
): FastifyReply {
  const body: WireProblem = { type, ...rest }
  return reply
    .code(rest.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(body))
}
