import { expect, test } from 'vitest'
import { readStream } from '../../matrix/read-stream.ts'
import { chatFrames, STREAM_HEAD, type Script } from '../../support/fake-upstream.ts'
import { postChat, scriptedChain } from '../../support/scripted-chain.ts'

/** A stop sequence that no target saw whole is one all the same: half on each side of the seam. */

const { upstreamOf, routerOver } = scriptedChain()

const cutAfter =
  (...words: readonly string[]): Script =>
  (exchange) => {
    exchange.send(STREAM_HEAD)
    for (const frame of chatFrames(words, null)) exchange.chunk(frame)
    exchange.fin()
  }

test('the answer ends there, and the target that goes on behind it is closed', async () => {
  let closed: Promise<void> | undefined
  const second = await upstreamOf((exchange) => {
    closed = exchange.closed
    exchange.send(STREAM_HEAD)
    // It begins with the anchor, says the rest of the sequence, and would go on for ever.
    const words = ['Count to ten. One two three STO', 'P four five', ' six'.repeat(200)]
    for (const frame of chatFrames(words, null)) exchange.chunk(frame)
  })
  const router = await routerOver([
    await upstreamOf(cutAfter('Count to ten. ', 'One two three STO')),
    second,
  ])
  const answer = await postChat(router, { stop: ['STOP'] })
  const shown = readStream('chat', await answer.text())
  const { summary } = await router.telemetry.waitForRequest()
  await closed

  expect(shown).toMatchObject({
    text: 'Count to ten. One two three STO',
    terminals: ['stop'],
    closings: 1,
    errors: [],
    flaws: [],
  })
  expect(summary).toMatchObject({ outcome: 'rescued', client: { complete: true } })
  expect(JSON.parse(second.requests[0]?.body ?? '')).toMatchObject({ stop: ['STOP'] })
})
