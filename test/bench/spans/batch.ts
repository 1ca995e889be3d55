import { joinExports, spansOf, type JsonExport } from './otlp-json.ts'
import { toTemplate, type Encoding, type Template } from './template.ts'

/**
 * Bodies of exactly this many spans: whole traces, and what still fits of one that may be cut. One
 * that lacks its request would be waited for, and judging seem to be behind.
 */
export function toBatches(
  draw: () => JsonExport,
  batch: { readonly spans: number; readonly encoding: Encoding; readonly count: number },
  drawToCut = draw,
): readonly Template[] {
  return Array.from({ length: batch.count }, () => {
    const traces: JsonExport[] = []
    for (let spans = 0; spans < batch.spans;) {
      const left = batch.spans - spans
      const drawn = draw()
      const trace = spansOf(drawn).length <= left ? drawn : firstSpans(drawToCut(), left)
      spans += spansOf(trace).length
      traces.push(trace)
    }
    return toTemplate(joinExports(traces), batch.encoding)
  })
}

function firstSpans({ resourceSpans }: JsonExport, count: number): JsonExport {
  let left = count
  const take = <T>(spans: readonly T[]): readonly T[] => {
    const taken = spans.slice(0, left)
    left -= taken.length
    return taken
  }
  return {
    resourceSpans: resourceSpans.map(({ resource, scopeSpans }) => ({
      resource,
      scopeSpans: scopeSpans.map(({ scope, spans }) => ({ scope, spans: take(spans) })),
    })),
  }
}
