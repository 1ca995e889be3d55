import type { DeploymentConfig } from '../config/config.ts'
import type { Secret } from '../config/secret.ts'
import type { UpstreamCall } from '../upstream/send.ts'
import type { AttemptPlan } from './plan-attempt.ts'
import type { AttemptRecorder } from './recorder.ts'
import type { RequestRun } from './request-run.ts'
import { findProvider } from '../upstream/providers/index.ts'

/** Of the configuration's deployments; to put a URL together costs more than to route. */
const addresses = new WeakMap<DeploymentConfig, Map<string, URL>>()

export function addressOf(run: RequestRun, { target, targetProtocol }: AttemptPlan): URL {
  const { api } = targetProtocol
  const { stream } = run.request
  const known = addresses.get(target) ?? new Map<string, URL>()
  addresses.set(target, known)
  const key = stream ? `${api} stream` : api
  const url = known.get(key) ?? findProvider(target.provider).endpoint(target, api, stream)
  known.set(key, url)
  return url
}

interface CallContext {
  readonly apiKey: Secret | undefined
  readonly recorder: AttemptRecorder
}

/**
 * What goes over the wire. Headers are made anew: the provider's own, those of the client that it
 * names, and what the configuration adds.
 */
export function toCall(
  run: RequestRun,
  plan: AttemptPlan,
  { apiKey, recorder }: CallContext,
): UpstreamCall {
  const { target, built } = plan
  const provider = findProvider(target.provider)
  const { request, clientHeaders } = run
  return {
    url: addressOf(run, plan),
    headers: {
      'content-type': 'application/json',
      accept: request.stream ? 'text/event-stream' : 'application/json',
      // A compressed body that is cut looks like one that ended: nothing would show the loss.
      'accept-encoding': 'identity',
      'user-agent': 'secondwind',
      ...(run.router.config.propagateTraceContext && {
        traceparent: recorder.traceparent() ?? run.recorder.traceparent,
      }),
      ...(target.headers !== undefined && configured(target.headers)),
      ...provider.headers({ target, apiKey, clientApi: request.api, clientHeaders }),
    },
    body: built.body,
  }
}

function configured(headers: ReadonlyMap<string, Secret>): Readonly<Record<string, string>> {
  return Object.fromEntries([...headers].map(([name, value]) => [name, value.reveal()]))
}
