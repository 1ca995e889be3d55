import type { Api } from '../../../../collector/vocabulary.ts'
import { firstText } from '../../attributes.ts'
import type { Span } from '../../span.ts'

/** Which model API a SERVER span serves: a gateway's, and not an application's own page. */
export function modelApiOf({ attributes }: Span): Api | undefined {
  const path = firstText(attributes, ['http.route', 'url.path', 'http.target'])?.split('?', 1)[0]
  if (path === undefined) return undefined
  if (path.endsWith('/chat/completions')) return 'chat'
  if (path.endsWith('/v1/responses')) return 'responses'
  return path.endsWith('/v1/messages') ? 'messages' : undefined
}

export function isModelApi(span: Span): boolean {
  return modelApiOf(span) !== undefined
}
