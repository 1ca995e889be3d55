import type { IncomingHttpHeaders } from 'node:http'
import type { DeploymentConfig, RouteConfig, SidecarConfig } from '../config/config.ts'
import type { LearnedRefusals } from '../continuation/learned-refusals.ts'
import type { ClientStream } from '../continuation/client-stream.ts'
import type { ClientRequest, EncoderContext, Protocol } from '../protocol/protocol.ts'
import type { AttemptUsage } from '../protocol/event.ts'
import type { Tokens } from '../upstream/tokens.ts'
import type { UpstreamClient } from '../upstream/send.ts'
import type { SkipReason } from '../vocabulary.ts'
import type { Breakers } from './breakers.ts'
import type { Cancellation } from './cancellation.ts'
import type { FailedAttempt } from './client-error.ts'
import type { ClientResponse } from './client-response.ts'
import type { Clock } from './clock.ts'
import type { Chain } from './resolve-chain.ts'
import type { RequestRecorder } from './recorder.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Home, StateHomes } from './state-homes.ts'

/** What all requests share. */
export interface Router {
  readonly config: SidecarConfig
  readonly clock: Clock
  readonly upstream: UpstreamClient
  readonly breakers: Breakers
  readonly budget: RetryBudget
  readonly learned: LearnedRefusals
  readonly tokens: Tokens
  readonly stateHomes: StateHomes
}

/** One request that is to be routed, as the server hands it over. */
export interface RoutedRequest {
  readonly request: ClientRequest
  readonly route: RouteConfig
  readonly protocol: Protocol
  readonly clientHeaders: IncomingHttpHeaders
  readonly cancellation: Cancellation
  readonly recorder: RequestRecorder
  readonly startMs: number
}

/** What is known of one request while its chain runs. Only the loop and its steps write it. */
export interface RequestRun extends RoutedRequest {
  readonly router: Router
  readonly encoderContext: EncoderContext
  readonly chain: Chain
  /** Where the state is that the request names, if that is known and the chain leads there. */
  readonly stateHome: Home | undefined
  readonly response: ClientResponse
  /** Absent: the client wants its answer in one piece. */
  readonly clientStream: ClientStream | undefined
  attempts: number
  /** Targets asked so far, by deployment id. */
  readonly asked: Set<string>
  firstTarget: DeploymentConfig | undefined
  /** The target of the running attempt, else of the last one. */
  target: DeploymentConfig | undefined
  /** What that target was not sent of the client's request. */
  droppedFields: readonly string[]
  readonly failures: FailedAttempt[]
  readonly skipped: Map<string, SkipReason>
  /** Another target than the first delivered something, or all. */
  servedByOther: boolean
  timeToFirstContentMs: number | undefined
  /** Of the attempts that reached their model. */
  readonly bills: AttemptUsage[]
}

/** Whether the client holds content, so that whoever comes next must go on from it. */
export function isCommitted(run: RequestRun): boolean {
  return run.clientStream?.committed === true
}
