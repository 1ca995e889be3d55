import { effectOf } from '../incidents/lifecycle.ts'
import type { Appended } from '../store/act-store.ts'
import { answerIncident, lifecycleIn, noIncident } from './answer-incidents.ts'
import type { IncidentContext } from './incident-context.ts'
import type { ActQuery, ActRefusal, ApiAnswer } from './query.ts'

/**
 * Does what a person asks for, and answers with the incident as it is then. The answer is a
 * promise: it follows the commit. What would change nothing is not kept a second time.
 */
export function performAct({ incidentId, act }: ActQuery, context: IncidentContext): ApiAnswer {
  const { verdicts, acts, nowMs } = context
  const incident = verdicts.incident(incidentId)
  if (incident === undefined) return noIncident(incidentId)
  const before = acts.actsOf(incidentId)
  // Where the clock was put back, acts stay in their order.
  const atMs = Math.max(nowMs, before.at(-1)?.atMs ?? nowMs)
  const done = { ...act, atMs }
  const { state } = lifecycleIn(context, incident)
  const effect = effectOf(done, state)
  if (effect.kind === 'impossible') {
    return refuse(409, {
      what: `${incidentId}: ${effect.why}.`,
      hint: 'Look at its history: somebody may have been faster.',
    })
  }
  if (effect.kind === 'changes' || act.note !== undefined) {
    const refusal = refusalOf(acts.append(incidentId, done), context)
    if (refusal !== undefined) return refusal
  }
  return answerIncident(incidentId, context)
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
