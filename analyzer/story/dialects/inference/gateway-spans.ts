import type { Span } from '../../span.ts'
import { groupTrace } from '../litellm/group.ts'
import type { SpanTree } from '../../span-tree.ts'
import { isOfGateway } from '../inference-span.ts'

/**
 * Spans of which a router with a dialect of its own tells the request: those around its spans (the
 * application that called it: the same call, seen from the other end), and those inside of it (an
 * instrumented client library in a LiteLLM process). By id.
 */
export function spansOfGateways(spans: readonly Span[], tree: SpanTree): ReadonlySet<string> {
  const gateways = spans.filter(isOfGateway)
  if (gateways.length === 0) return new Set()
  const found = new Set<string>()
  for (const span of gateways) {
    found.add(span.spanId)
    for (const around of tree.ancestors(span)) found.add(around.spanId)
  }
  const proxies = new Set<Span>()
  for (const { kind, server, wire } of groupTrace(spans)) {
    if (kind !== 'proxy') continue
    if (server !== undefined) proxies.add(server)
    if (wire !== undefined) proxies.add(wire)
  }
  for (const span of spans) {
    if (tree.ancestor(span, (one) => proxies.has(one) || isLitellm(one)) !== undefined) {
      found.add(span.spanId)
    }
  }
  return found
}

function isLitellm({ scope }: Span): boolean {
  return scope.name === 'litellm'
}
