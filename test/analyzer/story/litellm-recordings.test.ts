import { expect, test } from 'vitest'

import { judge } from '../../../analyzer/rules/judge.ts'
import { faultsOf, loadRecordings, tellRecording } from '../../support/litellm-recordings.ts'

const recordings = loadRecordings()
const modes = [...new Set(recordings.map((recording) => recording.mode))]

test.each(modes)('what LiteLLM %s exported is told as it happened', (mode) => {
  const own = recordings.filter((recording) => recording.mode === mode)
  const misjudged = own.flatMap((recording) => {
    const faults = faultsOf(recording.expected, tellRecording(recording))
    return faults.length === 0
      ? []
      : [`${recording.id} (${recording.verdict}): ${faults.join('; ')}`]
  })
  expect(misjudged, `${own.length - misjudged.length} of ${own.length} right`).toEqual([])
})

test('the requested route and API are those of the request, whatever the attempts are labelled', () => {
  const wrong = recordings.flatMap((recording) =>
    tellRecording(recording)
      .filter(
        (story) =>
          (story.route !== undefined &&
            story.route !== recording.config.model_list[0]?.model_name) ||
          (story.api !== 'unknown' && story.api !== recording.api),
      )
      .map((story) => `${recording.id}: ${story.api} ${story.route}, ${recording.verdict}`),
  )
  expect(wrong).toEqual([])
})

test('what is certain never rests on the config file, nor on a joining', () => {
  const bold = recordings.flatMap((recording) =>
    tellRecording(recording).flatMap((story) =>
      judge(story)
        .filter(
          (finding) =>
            finding.confidence === 'certain' &&
            (story.traceIds.length > 1 || finding.rule === 'fallback-bypassed') &&
            story.fallbacks.configured?.source === 'config',
        )
        .map((finding) => `${recording.id}: ${finding.rule}`),
    ),
  )
  expect(bold).toEqual([])
})

test('every finding says who failed, what happened, and shows the spans that say so', () => {
  for (const recording of recordings) {
    const ids = new Set(recording.spans.map((span) => span.spanId))
    for (const finding of tellRecording(recording).flatMap((story) => judge(story))) {
      expect(finding.summary, recording.id).toMatch(/^[^\n]{20,2000}$/u)
      expect(finding.cause, recording.id).not.toMatch(/\d{3,}/u)
      expect(finding.evidence.length, recording.id).toBeGreaterThan(0)
      for (const evidence of finding.evidence) expect(ids).toContain(evidence.spanId)
    }
  }
})
