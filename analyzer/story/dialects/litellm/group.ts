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
  const servers = proxyServers(spans, tree)
  for (const span of spans) {
    // Of the nearest: below a proxy's call may stand what the upstream tells of its own request.
    const top = requestAround(span, tree)
    if (top !== undefined && servers.has(top)) {
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
      // In a proxy's trace, what was sent upstream belongs to a call whose span was lost.
      loose.filter((span) => !orphaned.has(span) && (proxies.size === 0 || !isV1Raw(span))),
      tree,
    ),
    ...callersOf(spans, tree),
  ]
}

function isServer(span: Span): boolean {
  return span.kind === 'server' || isV1Root(span)
}

/** The request that its process served: above a call of another library's, it is another's. */
function requestAround(span: Span, tree: SpanTree): Span | undefined {
  if (isServer(span)) return span
  const border = tree.ancestor(
    span,
    (one) => isServer(one) || (one.kind === 'client' && !isLitellm(one)),
  )
  return border !== undefined && isServer(border) ? border : undefined
}

/** FastAPI's own telemetry, or the OpenTelemetry instrumentation of it. */
function isWebFramework(span: Span): boolean {
  return isServer(span) && !isLitellm(span) && span.scope.name.includes('fastapi')
}

/**
 * v1 has a root of its own, v2 puts its spans below the web framework's SERVER span. An
 * application's is not one, nor is that of a mesh around it: only a proxy does its housekeeping
 * right there.
 */
function proxyServers(spans: readonly Span[], tree: SpanTree): ReadonlySet<Span> {
  const own = spans.filter((span) => isV1Root(span) || isProxyHousekeeping(span))
  return new Set(own.flatMap((span) => requestAround(span, tree) ?? []))
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
