import { readFileSync } from 'node:fs'

import type { Span } from '../../analyzer/story/span.ts'
import { decodeDocument } from './decode-document.ts'

/** What a real instrumentation library exported of one call. */
export interface InstrumentationRecording {
  readonly library: string
  readonly case: string
  readonly otlp: unknown
}

const FILE = new URL('../fixtures/instrumentations/recordings.jsonl', import.meta.url)

export function instrumentationRecordings(): readonly InstrumentationRecording[] {
  const lines = readFileSync(FILE, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as InstrumentationRecording)
}

/** As the analyzer sees them: decoded and stripped. */
export function spansOfRecording({ otlp }: InstrumentationRecording): readonly Span[] {
  return decodeDocument(Buffer.from(JSON.stringify(otlp)))
}
