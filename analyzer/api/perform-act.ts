import { whyNotUntil } from '../incidents/act.ts'
import { effectOf } from '../incidents/lifecycle.ts'
import type { ActAnswer, Appended } from '../store/act-store.ts'
import { answerIncident, lifecycleIn, noIncident } from './answer-incidents.ts'
import { digestAct } from './idempotency-key.ts'
import type { IncidentContext } from './incident-context.ts'
import type { ActQuery, ActRefusal, ApiAnswer } from './query.ts'

/**
 * Does what a person asks for, and answers with the incident as it is then. The answer is a
 * promise: it follows the commit. What would change nothing is not kept a second time, and what
 * comes again under the key of its client is answered as it was, and not done again.
 */
export function performAct(query: ActQuery, context: IncidentContext): ApiAnswer {
  const { incidentId, act, key } = query
  const { verdicts, acts, nowMs, deriving } = context
  const incident = verdicts.incident(incidentId)
  if (incident === undefined) return deriving ? notYet(incidentId) : noIncident(incidentId, context)
  const digest = digestAct(incidentId, act)
  const given = key === undefined ? undefined : acts.answerTo(key)
  if (given !== undefined) return answerAgain(given, { digest, incidentId, context })
  // Only now: of a mute that was done and is sent again, the end may have passed.
  const why = whyNotUntil(act.untilMs, nowMs)
  if (why !== undefined) return refuse(400, { what: why, hint: 'Nothing was done.' })

  const before = acts.actsOf(incidentId)
  // Where the clock was put back, acts stay in their order.
  const atMs = Math.max(nowMs, before.at(-1)?.atMs ?? nowMs)
  const done = { ...act, atMs }
  const { state } = lifecycleIn(context, incident)
  const effect = effectOf(done, state)
  const refused = effect.kind === 'impossible' ? effect.why : undefined
  const answer =
    key === undefined ? undefined : { key, digest, ...(refused !== undefined && { refused }) }
  const changes = effect.kind === 'changes' || (refused === undefined && act.note !== undefined)
  const appended = changes
    ? acts.append(incidentId, done, answer)
    : answer && acts.keepAnswer(answer, atMs)
  const refusal = appended && refusalOf(appended, context)
  if (refusal !== undefined) return refusal
  return refused === undefined ? answerIncident(incidentId, context) : refuseIn(incidentId, refused)
}

interface Repeated {
  readonly digest: string
  readonly incidentId: string
  readonly context: IncidentContext
}

/** With the incident as it is by now: what the first answer said of it may be outdated. */
function answerAgain(given: ActAnswer, { digest, incidentId, context }: Repeated): ApiAnswer {
  if (given.digest !== digest) {
    return refuse(422, {
      what: 'Another act came under this Idempotency-Key before.',
      hint: 'Nothing was done. Choose a new key for each act, and repeat one only as it was.',
    })
  }
  if (given.refused !== undefined) return refuseIn(incidentId, given.refused)
  return answerIncident(incidentId, context)
}

function notYet(incidentId: string): ActRefusal {
  return refuse(503, {
    what: `There is no incident ${incidentId} yet: verdicts are being derived anew.`,
    hint: 'Nothing was done. It comes back with its first request that is judged again; do it then.',
  })
}

/** It has no meaning in the state that the incident is in. */
function refuseIn(incidentId: string, why: string): ActRefusal {
  return refuse(409, {
    what: `${incidentId}: ${why}.`,
    hint: 'Look at its history: somebody may have been faster.',
  })
}

function refusalOf(appended: Appended, { verdicts }: IncidentContext): ActRefusal | undefined {
  switch (appended.kind) {
    case 'kept':
      try {
        verdicts.rememberActs(appended.lastId)
      } catch {
        // It is on disk; that it was seen is remembered with the next one.
      }
      return undefined
    case 'full':
      return refuse(507, {
        what:
          appended.of === 'incident'
            ? `This incident has ${appended.limit} acts and notes already.`
            : `There are ${appended.limit} acts and notes already.`,
        hint: 'They go with their incidents (analyzer.retention.incident_days); nothing was kept of this one.',
      })
    case 'failed':
      return refuse(503, {
        what: `It could not be kept: ${appended.why}.`,
        hint: 'Nothing was changed. See the health line and "secondwind db check", then do it again.',
      })
  }
}

function refuse(
  status: ActRefusal['status'],
  said: { readonly what: string; readonly hint: string },
): ActRefusal {
  return { kind: 'refused', status, ...said }
}
