import type { RouterConfig } from '../../../router-config.ts'
import type { Call } from '../reading/call.ts'

export interface EndpointSource {
  /** As the attempt was labelled, corrected. */
  readonly label: { readonly route: string | undefined; readonly deployment: string | undefined }
  readonly isFirst: boolean
  readonly config: RouterConfig | undefined
  readonly minor: number | undefined
}

/** Until 1.97 a stream that broke carries the address of whoever was asked next. */
export function endpointOf(
  call: Call,
  { label, isFirst, config, minor }: EndpointSource,
): string | undefined {
  const isOwn = !call.failed || call.error?.whileReading !== true || (minor ?? 0) > 97
  // Without its deployment a later attempt may be on another route than the one that it names.
  const isNamed = isFirst || label.deployment !== undefined
  const named = isNamed ? addressIn(config, label) : undefined
  const told = isOwn ? (call.address ?? named) : named
  return told === undefined ? undefined : hostOf(told)
}

function addressIn(
  config: RouterConfig | undefined,
  { route, deployment }: EndpointSource['label'],
): string | undefined {
  const own = route === undefined ? [] : (config?.routes.get(route)?.deployments ?? [])
  // Up to 1.97 /v1/responses writes the requested route on every attempt: its model tells.
  const [only, ...more] = own.filter(
    ({ model }) => deployment === undefined || model === deployment,
  )
  return more.length === 0 ? only?.apiBase : undefined
}

/** v1 has the whole `api_base`, v2 host and port. */
function hostOf(address: string): string {
  if (!address.includes('://')) return address
  return URL.canParse(address) ? new URL(address).host : address
}
