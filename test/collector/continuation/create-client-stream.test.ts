import { describe, expect, test } from 'vitest'
import { anchorOf } from '../../../collector/continuation/anchor.ts'
import { chatBody, chatStream, parse, play } from '../../support/play-streams.ts'

const words = Array.from({ length: 60 }, (_, index) => `word${index} `)
const full = words.join('')

/** The text that a Chat client puts together. */
function chatText(stream: string): string {
  return stream
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: {'))
    .map((frame) => JSON.parse(frame.slice(6)).choices[0]?.delta?.content ?? '')
    .join('')
}

describe('a Chat client and Chat targets', () => {
  test('passes one target through byte for byte', () => {
    const body = chatStream(words)
    expect(play(parse('chat', chatBody), [{ api: 'chat', body }]).text).toBe(body)
  })

  test('goes on from the anchor, verified, each word once', () => {
    const delivered = words.slice(0, 40).join('')
    const anchor = anchorOf(delivered)
    const played = play(parse('chat', chatBody), [
      { api: 'chat', body: chatStream(words.slice(0, 40), null) },
      {
        api: 'chat',
        body: chatStream([anchor, ...words.slice(40).map((word) => ` ${word.trimEnd()}`)]),
        attempt: { anchor },
      },
    ])
    expect(chatText(played.text).trimEnd()).toBe(full.trimEnd())
    expect(played.stream.seam).toMatchObject({ verified: true, aligned: false })
    expect(played.text.match(/\[DONE\]/g)).toHaveLength(1)
    expect(played.text).toContain(
      ': secondwind seam attempt=2 strategy=user_turn verified=true model=model-2\n\n',
    )
  })
})
