import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { SpanTree } from '../../../analyzer/story/span-tree.ts'
import { arbitrarySpan } from '../../support/arbitrary-span.ts'

const spanId = fc.nat(7).map((n) => `${n}`.padStart(16, '0'))

test('finds the nearest ancestor that matches, whatever rings the parents form', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ spanId, parentSpanId: spanId }), { selector: (s) => s.spanId }),
      arbitrarySpan,
      fc.func(fc.boolean()),
      (ids, any, matches) => {
        const spans = ids.map((each) => ({ ...any, ...each }))
        const tree = new SpanTree(spans)
        for (const one of spans) {
          const found = tree.ancestor(one, (other) => matches(other.spanId))
          expect(found).toBe(tree.ancestors(one).find((other) => matches(other.spanId)))
        }
      },
    ),
  )
})
