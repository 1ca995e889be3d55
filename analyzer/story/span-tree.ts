import type { Span } from './span.ts'

/** Hostile spans may form a ring: every walk ends after this many steps. */
const DEPTH_MAX = 64

/** Parent and child of the spans of one trace. */
export class SpanTree {
  private readonly byId = new Map<string, Span>()
  private readonly byParent = new Map<string, Span[]>()

  constructor(spans: readonly Span[]) {
    for (const span of spans) {
      this.byId.set(span.spanId, span)
      const siblings = this.byParent.get(span.parentSpanId)
      if (siblings === undefined) this.byParent.set(span.parentSpanId, [span])
      else siblings.push(span)
    }
  }

  children(span: Span): readonly Span[] {
    return this.byParent.get(span.spanId) ?? []
  }

  /** The nearest ancestor that matches. */
  ancestor(span: Span, matches: (span: Span) => boolean): Span | undefined {
    let one = this.byId.get(span.parentSpanId)
    // Round a ring it meets nobody new.
    for (let depth = 0; depth < DEPTH_MAX; depth += 1) {
      if (one === undefined || one.spanId === span.spanId) return undefined
      if (matches(one)) return one
      one = this.byId.get(one.parentSpanId)
    }
    return undefined
  }

  /** The span itself, or its nearest ancestor that matches. */
  highest(span: Span, matches: (span: Span) => boolean): Span | undefined {
    return matches(span) ? span : this.ancestor(span, matches)
  }

  /** Of the highest ancestor that came, or of the parent that never did. */
  rootId(span: Span): string {
    const top = this.ancestors(span).at(-1) ?? span
    return top.parentSpanId === '' ? top.spanId : top.parentSpanId
  }

  descendants(span: Span): readonly Span[] {
    const found: Span[] = []
    const seen = new Set([span.spanId])
    let level: readonly Span[] = [span]
    for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth += 1) {
      level = level.flatMap((one) => this.children(one)).filter((child) => !seen.has(child.spanId))
      for (const child of level) seen.add(child.spanId)
      found.push(...level)
    }
    return found
  }

  /** Nearest first. */
  ancestors(span: Span): readonly Span[] {
    const found: Span[] = []
    const seen = new Set([span.spanId])
    let parent = this.byId.get(span.parentSpanId)
    while (parent !== undefined && !seen.has(parent.spanId) && found.length < DEPTH_MAX) {
      seen.add(parent.spanId)
      found.push(parent)
      parent = this.byId.get(parent.parentSpanId)
    }
    return found
  }
}
