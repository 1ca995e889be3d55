import type { FailureReason, Outcome } from '../../collector/vocabulary.ts'
import type { Attempt, Story } from '../story/story.ts'
import {
  causeOf,
  describeClient,
  describeError,
  describeTarget,
  mergeEvidence,
} from './describe.ts'
import type { Rule } from './rule.ts'
import { verifyStep } from './verify-step.ts'

/**
 * Does not mend itself, however often it is rescued: one target less, until a person acts. So a
 * rescue opens an incident too, as a lesser one.
 */
export const credentialOrModelDead: Rule = {
  id: 'credential-or-model-dead',
  severity: 'high',
  title: 'Key or model is dead',
  description:
    'A target refused the key (401, 403) or does not know the model or the path (404): it fails every request until somebody changes its configuration.',
  opensWhenRescued: true,
  needs: ['attempt-failure'],
  remedy: {
    stopItNow: {
      text: 'Put a working key into the environment variable that the deployment names (`api_key: os.environ/…`) and restart. Try it by hand first: 401 and 403 are the key, 404 is the model’s name or `api_base`.',
      snippet: {
        language: 'sh',
        code: 'curl -sS -o /dev/null -w "%{http_code}\\n" -H "Authorization: Bearer $PROVIDER_API_KEY" "$API_BASE/models"',
      },
    },
    fixIt: {
      text: 'Rotate keys before they expire, and take models out before the provider does: look for the retirement date of the model. Give {route} a fallback of another key and another provider.',
    },
    verify: verifyStep('credential-or-model-dead'),
  },
  evaluate(story) {
    if (!SAID_OF.has(story.outcome)) return undefined
    const dead = story.attempts.filter((attempt) => isDead(attempt, story))
    const [first] = dead
    if (first === undefined) return undefined
    return {
      confidence: dead.some(isTold) ? story.sureness : 'likely',
      ...(story.outcome === 'failed' ? {} : { severity: 'medium' }),
      summary: `${dead.map((attempt) => `${describeTarget(attempt)}: ${describeError(attempt)}`).join('; ')}. ${sentence(story)}`,
      evidence: mergeEvidence(...dead.map((attempt) => attempt.evidence)),
      // One incident has one severity.
      cause: story.outcome === 'failed' ? causeOf(first) : `${causeOf(first)}, not failed`,
    }
  },
}

/** Where nothing tells how a request ended, its attempts may be another one's. */
const SAID_OF: ReadonlySet<Outcome> = new Set(['failed', 'rescued', 'cancelled'])

const DEAD: ReadonlySet<FailureReason> = new Set(['auth', 'not-found'])

/** A token that was renewed and then accepted was old, not dead. */
function isDead(attempt: Attempt, { attempts }: Story): boolean {
  if (attempt.status !== 'failed' || attempt.reason === undefined) return false
  if (!DEAD.has(attempt.reason) || isAboutRequest(attempt)) return false
  return !attempts.some(
    ({ status, deployment }) =>
      status === 'ok' && deployment !== undefined && deployment === attempt.deployment,
  )
}

/** What the request names by an id and the provider does not keep is the client's matter. */
function isAboutRequest({ reason, message = '' }: Attempt): boolean {
  return reason === 'not-found' && OF_THE_REQUEST.test(message)
}

const OF_THE_REQUEST =
  /\b(?:item|previous response|conversation|file|container|vector store) with id\b/iu

/**
 * A 403 may also be about a country, a network or one resource, and a 404 about a path: nothing but
 * a refused key, or the word for the model, leaves no other reading.
 */
function isTold({ reason, statusCode, errorType, message = '' }: Attempt): boolean {
  if (reason === 'auth') return statusCode !== 403 && errorType !== 'PermissionDeniedError'
  return /\bmodel\b/iu.test(message)
}

function sentence(story: Story): string {
  if (story.outcome === 'rescued') return 'Another target served the request.'
  const words = describeClient(story)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
