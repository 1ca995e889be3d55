import type { Socket } from 'node:net'
import { connect } from 'node:net'

/** Clients on raw sockets, so that the generator is never what is measured. */
export interface LoadOptions {
  readonly port: number
  readonly connections: number
  readonly stream: boolean
  readonly durationMs: number
}

export interface LoadResult {
  readonly responses: number
  /** Content frames that arrived; streams only. */
  readonly frames: number
  readonly seconds: number
}

const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')
/** Every content frame carries it once. */
const MARK = Buffer.from('" token"')

/** Sends requests one after another on each connection until the time is over. */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const started = performance.now()
  const endMs = started + options.durationMs
  const clients = Array.from({ length: options.connections }, () => runClient(options, endMs))
  const results = await Promise.all(clients)
  return {
    responses: results.reduce((sum, result) => sum + result.responses, 0),
    frames: results.reduce((sum, result) => sum + result.frames, 0),
    seconds: (performance.now() - started) / 1000,
  }
}

async function runClient(
  options: LoadOptions,
  endMs: number,
): Promise<{ readonly responses: number; readonly frames: number }> {
  const socket = connect({ host: '127.0.0.1', port: options.port, noDelay: true })
  const body = JSON.stringify({
    model: 'bench',
    stream: options.stream,
    messages: [
      { role: 'system', content: 'You are a helpful assistant that answers in one sentence.' },
      { role: 'user', content: 'What is measured here, and what is it measured against?' },
    ],
  })
  const request = Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  let responses = 0
  let frames = 0
  await new Promise<void>((resolve, reject) => {
    const next = (): void => {
      if (performance.now() >= endMs) {
        socket.destroy()
        resolve()
      } else socket.write(request)
    }
    const done = (count: number): void => {
      responses += 1
      frames += count
      next()
    }
    if (options.stream) readStreams(socket, done)
    else readAnswers(socket, () => done(0))
    socket.on('error', reject)
    socket.on('connect', next)
  })
  return { responses, frames }
}

function readStreams(socket: Socket, done: (frames: number) => void): void {
  let frames = 0
  let isFirst = true
  let tail: Buffer = Buffer.alloc(0)
  socket.on('data', (data) => {
    const text = tail.length > 0 ? Buffer.concat([tail, data]) : data
    if (isFirst && !text.includes('HTTP/1.1 200')) throw new Error(text.toString().slice(0, 300))
    isFirst = false
    for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, at + MARK.length)) {
      if (at + MARK.length > tail.length) frames += 1
    }
    tail = Buffer.from(text.subarray(-(MARK.length - 1)))
    if (!text.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) return
    const count = frames
    frames = 0
    isFirst = true
    tail = Buffer.alloc(0)
    done(count)
  })
}

function readAnswers(socket: Socket, done: () => void): void {
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (data) => {
    received = received.length > 0 ? Buffer.concat([received, data]) : data
    const end = received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = received.subarray(0, end).toString('latin1')
    if (!head.startsWith('HTTP/1.1 200')) throw new Error(received.toString().slice(0, 300))
    const length = /content-length: (\d+)/i.exec(head)?.[1]
    const isWhole =
      length === undefined
        ? received.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
        : received.length >= end + 4 + Number(length)
    if (!isWhole) return
    received = Buffer.alloc(0)
    done()
  })
}
