import { expect, test } from 'vitest'

import { cutStackTrace } from '../../../analyzer/ingest/scrub-secrets.ts'

test('a stack trace keeps its frames and the router’s words, and no other word', () => {
  const cut = cutStackTrace(
    [
      'Traceback (most recent call last):',
      '  File "/srv/router.py", line 7, in run',
      '    raise Boom(canary)',
      'Boom: canary. Received Model Group=chat',
      "Available Model Group Fallbacks=['spare']",
      'Error doing the fallback: litellm.BadRequestError: no prefill',
      'canary',
    ].join('\n'),
  )
  expect(cut).toBe(
    [
      '  File "/srv/router.py", line 7, in run',
      'Received Model Group=chat',
      "Available Model Group Fallbacks=['spare']",
      'Error doing the fallback: litellm.BadRequestError: no prefill',
    ].join('\n'),
  )
})
