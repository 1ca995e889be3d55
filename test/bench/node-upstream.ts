import type { Socket } from 'node:net'
import { createServer } from 'node:net'

/**
 * A provider that costs nothing: prepared bytes on a raw socket, as fast as they are taken. It also
 * stands in the analyzer's place and takes every span. For where `wire/upstream.c` cannot be
 * compiled; it knows streams at full speed and answers in one piece.
 */

/** Content frames of one stream. */
const FRAMES_PER_STREAM = 4000
/** HTTP chunks prepared as one buffer: what a fast provider's kernel would hand over at once. */
const FRAMES_PER_WRITE = 16

const frame = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-bench0000000000000000000000',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'bench',
    system_fingerprint: 'fp_0000000000',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  })}\n\n`

const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

const HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n',
)
const BLOCK = Buffer.from(chunked(frame({ content: ' token' }, null)).repeat(FRAMES_PER_WRITE))
const TAIL = Buffer.from(`${chunked(frame({}, 'stop'))}${chunked('data: [DONE]\n\n')}0\r\n\r\n`)
const ANSWER = JSON.stringify({
  id: 'chatcmpl-bench0000000000000000000000',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'bench',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'A short answer.', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
})
const JSON_RESPONSE = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`,
)
const TRACES_TAKEN = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
)

const server = createServer({ noDelay: true }, (socket) => {
  let received: Buffer = Buffer.alloc(0)
  let pieces: Buffer[] = []
  let bytesMissing = 0
  socket.on('error', () => socket.destroy())
  socket.on('data', (data) => {
    pieces.push(data)
    bytesMissing -= data.length
    // A batch of spans comes in many pieces, which are joined once.
    if (bytesMissing > 0) return
    received = Buffer.concat([received, ...pieces])
    pieces = []
    for (;;) {
      const end = received.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = received.subarray(0, end).toString('latin1')
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      bytesMissing = end + 4 + length - received.length
      if (bytesMissing > 0) return
      const body = received.subarray(end + 4, end + 4 + length)
      const isTraces = head.startsWith('POST /v1/traces')
      const isStream = !isTraces && body.includes('"stream":true')
      received = received.subarray(end + 4 + length)
      if (isTraces) socket.write(TRACES_TAKEN)
      else if (isStream) stream(socket)
      else socket.write(JSON_RESPONSE)
    }
  })
})

function stream(socket: Socket): void {
  let left = FRAMES_PER_STREAM / FRAMES_PER_WRITE
  socket.write(HEAD)
  const go = (): void => {
    while (left > 0) {
      left -= 1
      if (!socket.write(BLOCK) && left > 0) {
        socket.once('drain', go)
        return
      }
    }
    socket.write(TAIL)
  }
  go()
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) {
    process.stdout.write(`${JSON.stringify({ port: address.port })}\n`)
  }
})
process.stdin.on('end', () => process.exit(0)).resume()
