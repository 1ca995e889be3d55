import { byTrace } from '../../by-trace.ts'
import type { Span } from '../../span.ts'
import type { DialectName, Story } from '../../story.ts'
import type { DialectInput } from '../dialect.ts'
import { isOpenInference } from '../inference-span.ts'
import { joinViews } from './join-views.ts'
import { requestsOf } from './requests.ts'
import { toStory } from './to-story.ts'

/**
 * The stories of one of the two conventions. Both are read together, for two libraries may note one
 * call (LangChain's and the provider's): whose span is outermost tells it, and the other is part,
 * whether it stands below, beside or in a trace of its own.
 */
export function inferenceStories(
  { source, spans }: DialectInput,
  dialect: DialectName,
): readonly Story[] {
  return joinViews(byTrace(spans).flatMap((trace) => requestsOf(trace)))
    .filter(({ around, calls }) => dialectOf(around?.span ?? calls[0]?.operation) === dialect)
    .map((request) => toStory(request, { source, dialect }))
}

function dialectOf(span: Span | undefined): DialectName {
  return span !== undefined && isOpenInference(span) ? 'openinference' : 'gen-ai'
}
