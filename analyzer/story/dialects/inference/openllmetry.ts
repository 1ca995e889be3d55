/** Its OpenAI instrumentation, whose scope is `opentelemetry.instrumentation.openai.v1`. */
export function isOpenllmetry(library: string): boolean {
  return /^opentelemetry\.instrumentation\.openai(?:\.v\d)?$/u.test(library)
}
