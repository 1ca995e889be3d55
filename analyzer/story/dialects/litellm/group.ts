import type { Span } from '../../span.ts'
import { SpanTree } from '../../span-tree.ts'
import {
  isBorrowed,
  isCallSpan,
  isLitellm,
  isProxyHousekeeping,
  isToldByCaller,
  isV1Raw,
  isV1Root,
} from './span-kinds.ts'

/** The spans of one request to the proxy, or of one call of a router in process. */
export interface SpanGroup {
  readonly kind: 'proxy' | 'call'
  /** The request's own span; absent where the proxy never exported it. */
  readonly server: Span | undefined
  /** The web framework's own SERVER span around it: it knows the status that went out. */
  readonly wire: Span | undefined
  /** Without `server` and `wire`. */
  readonly spans: readonly Span[]
}

/** Splits one trace into requests: an application's trace may hold many. */
export function groupTrace(spans: readonly Span[]): readonly SpanGroup[] {
  const tree = new SpanTree(spans)
  const proxies = new Map<string, { server: Span | undefined; spans: Span[] }>()
  const loose: Span[] = []
  const serverOf = proxyServers(tree)
  for (const span of spans) {
    const top = tree.highest(span, isV1Root) ?? serverOf(span)
    if (top !== undefined) {
      const group = proxies.get(top.spanId) ?? { server: top, spans: [] }
      if (span !== top) group.spans.push(span)
      proxies.set(top.spanId, group)
      continue
    }
    if (isLitellm(span) || isBorrowed(span)) loose.push(span)
  }
  const orphans = orphansOf(loose, tree)
  const orphaned = new Set(orphans.flatMap((group) => group.spans))
  return [
    ...[...proxies.values()].map(({ server, spans: own }) => ({
      kind: 'proxy' as const,
      server,
      wire: server === undefined ? undefined : tree.ancestor(server, isWebFramework),
      spans: own,
    })),
    ...orphans,
    ...callGroups(
      loose.filter((span) => !orphaned.has(span)),
      tree,
    ),
    ...callersOf(spans, tree),
  ]
}

function isServer(span: Span): boolean {
  return span.kind === 'server'
}

/** FastAPI's own telemetry, or the OpenTelemetry instrumentation of it. */
function isWebFramework(span: Span): boolean {
  return isServer(span) && !isLitellm(span) && span.scope.name.includes('fastapi')
}

/**
 * v2 puts its spans below the web framework's SERVER span. An application's SERVER span is not one:
 * only a proxy does its housekeeping there, and v1 has a root of its own below it.
 */
function proxyServers(tree: SpanTree): (span: Span) => Span | undefined {
  const known = new Map<string, boolean>()
  return (span) => {
    const server = tree.highest(span, isServer)
    if (server === undefined || isV1Root(server)) return undefined
    let proxy = known.get(server.spanId)
    if (proxy === undefined) {
      const below = tree.descendants(server)
      proxy = below.some(isProxyHousekeeping) && !below.some(isV1Root)
      known.set(server.spanId, proxy)
    }
    return proxy ? server : undefined
  }
}

/** Proxy spans whose root never came: grouped by the highest span that is known or named. */
function orphansOf(loose: readonly Span[], tree: SpanTree): readonly SpanGroup[] {
  const groups = new Map<string, Span[]>()
  for (const span of loose) {
    const key = tree.rootId(span)
    groups.set(key, [...(groups.get(key) ?? []), span])
  }
  return [...groups.values()]
    .filter((group) => group.some(isProxyHousekeeping))
    .map((group) => ({ kind: 'proxy', server: undefined, wire: undefined, spans: group }))
}

/** A router in process: every call stands for itself until it is joined with others. */
function callGroups(loose: readonly Span[], tree: SpanTree): readonly SpanGroup[] {
  const groups: SpanGroup[] = []
  const taken = new Set<Span>()
  const add = (spans: readonly Span[]): void => {
    for (const span of spans) taken.add(span)
    groups.push({ kind: 'call', server: undefined, wire: undefined, spans })
  }
  for (const span of loose) {
    if (!isCallSpan(span) && !isBorrowed(span)) continue
    add([span, ...tree.children(span).filter(isV1Raw)])
  }
  for (const span of loose) if (isV1Raw(span) && !taken.has(span)) add([span])
  return groups
}

/** Where LiteLLM has left no span: the innermost one that a caller recorded its exception on. */
function callersOf(spans: readonly Span[], tree: SpanTree): readonly SpanGroup[] {
  if (spans.some((span) => isLitellm(span) || isBorrowed(span))) return []
  return spans
    .filter((span) => isToldByCaller(span) && !tree.descendants(span).some(isToldByCaller))
    .map((span) => ({ kind: 'call', server: undefined, wire: undefined, spans: [span] }))
}
