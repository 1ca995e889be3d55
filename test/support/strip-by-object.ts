import { cutName, scrubSecrets } from '../../analyzer/ingest/strip/scrub-secrets.ts'
import {
  cutErrorText,
  stripBytes,
  stripContent,
  stripText,
  type Field,
} from '../../analyzer/ingest/strip/strip-text.ts'
import {
  treatmentInContentEvent,
  treatmentOf,
  type Treatment,
} from '../../analyzer/ingest/strip/treatment.ts'
import type { Attributes, AttributeValue, Span } from '../../analyzer/story/span.ts'

/**
 * What stripping means, said in the plainest way: value by value, over objects, with no thought of
 * speed. What the analyzer does with bytes has to come to the same.
 */
export function stripByObject(span: Span, salt: Uint8Array): Span {
  const strip = (attributes: Attributes, decide: (key: string) => Treatment): Attributes =>
    stripMap(attributes, { prefix: '', decide, salt })
  return {
    ...span,
    name: cutName(span.name.slice(0, 256)),
    status: { ...span.status, message: cutErrorText(span.status.message) },
    attributes: strip(span.attributes, treatmentOf),
    events: span.events.map(({ name, timeNs, attributes }) => {
      const label = name.slice(0, 256)
      const isContent = /^(?:gen_ai|llm|ai|traceloop)\./u.test(label)
      return {
        name: scrubSecrets(label),
        timeNs,
        attributes: strip(attributes, isContent ? treatmentInContentEvent : treatmentOf),
      }
    }),
    scope: {
      name: scrubSecrets(span.scope.name.slice(0, 256)),
      version: scrubSecrets(span.scope.version.slice(0, 256)),
    },
    resource: strip(span.resource, treatmentOf),
  }
}

interface Place {
  readonly prefix: string
  readonly decide: (key: string) => Treatment
  readonly salt: Uint8Array
}

function stripMap(map: Attributes, place: Place): Attributes {
  const stripped = new Map<string, AttributeValue>()
  for (const [key, value] of map) {
    if (key.length > 256) continue
    const path = place.prefix + key
    const field = { treatment: place.decide(path), salt: place.salt }
    stripped.set(key, stripValue(value, field, { ...place, prefix: `${path}.` }))
  }
  return stripped
}

function stripValue(value: AttributeValue, field: Field, inside: Place): AttributeValue {
  if (typeof value === 'string') return stripText(value, field)
  if (value instanceof Uint8Array) return stripBytes(value.length)
  if (typeof value !== 'object' || value === null) return value
  if (field.treatment.kind === 'shape') return stripContent(value, field)
  if (value instanceof Map) return stripMap(value, inside)
  return (value as readonly AttributeValue[]).map((item) => stripValue(item, field, inside))
}
