import { defined } from '../../defined.ts'
import type { InferenceCall } from './call.ts'

/**
 * The attempts that the library below noted of one call, with what only the one above says of it.
 * That it failed is seen from above: some libraries close the span of a stream that broke as a
 * success, and an exception that the application got has happened.
 */
export function seenFromAbove(
  above: InferenceCall,
  calls: readonly InferenceCall[],
): readonly InferenceCall[] {
  const last = calls.at(-1)
  if (last === undefined) return calls
  const { provider, model, responseModel, finishReasons, firstContentMs, usage, asked, output } =
    above
  const told: InferenceCall = {
    ...last,
    ...defined({
      provider: last.provider ?? provider,
      model: last.model ?? model,
      responseModel: last.responseModel ?? responseModel,
      finishReasons: last.finishReasons ?? finishReasons,
      firstContentMs: last.firstContentMs ?? firstContentMs,
      usage: last.usage ?? usage,
      asked: last.asked ?? asked,
      output: last.output ?? output,
    }),
  }
  if (!above.failed || last.failed) return [...calls.slice(0, -1), told]
  const error = above.error === undefined ? undefined : { ...above.error, fromStatus: false }
  return [...calls.slice(0, -1), { ...told, failed: true, error }]
}
