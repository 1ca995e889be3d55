import { readFileSync } from 'node:fs'
import { assert } from 'vitest'

import type { Span } from '../../analyzer/story/span.ts'
import { decodeDocument } from '../../cli/classify/decode-document.ts'

/** What a real instrumentation library exported of one call. */
export interface InstrumentationRecording {
  readonly library: string
  readonly case: string
  readonly otlp: unknown
}

const FILE = new URL('../fixtures/instrumentations/recordings.jsonl', import.meta.url)
const SALT = new TextEncoder().encode('of these tests')

export function instrumentationRecordings(): readonly InstrumentationRecording[] {
  const lines = readFileSync(FILE, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as InstrumentationRecording)
}

/** As the analyzer sees them: decoded and stripped. */
export function spansOfRecording({ otlp }: InstrumentationRecording): readonly Span[] {
  const bytes = new TextEncoder().encode(JSON.stringify(otlp))
  const decoded = decodeDocument(bytes, { salt: SALT })
  assert(decoded.kind === 'decoded' && decoded.rejected === 0, 'the recording is not OTLP')
  return decoded.spans
}
