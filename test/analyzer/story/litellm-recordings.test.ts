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
  const poor = recordings.flatMap((recording) => {
    const ids = new Set(recording.spans.map((span) => span.spanId))
    return tellRecording(recording)
      .flatMap((story) => judge(story))
      .filter(
        ({ summary, cause, evidence }) =>
          !/^[^\n]{20,2000}$/u.test(summary) ||
          // A fingerprint made of ids or ports would split one incident into many.
          /\d{3,}/u.test(cause) ||
          evidence.length === 0 ||
          evidence.some(({ spanId }) => !ids.has(spanId)),
      )
      .map((finding) => `${recording.id}: ${finding.rule}: ${finding.summary}`)
  })
  expect(poor).toEqual([])
})
