import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { LoadOptions, LoadResult } from './generate-load.ts'

const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')
/** Every content frame carries it once. */
const MARK = Buffer.from('" token"')

/**
 * Clients on raw sockets, for where the compiled ones cannot be had: sends requests one after
 * another on each connection until the time is over, and only counts.
 */
export async function generateNodeLoad(options: LoadOptions): Promise<LoadResult> {
  if (options.warmMs > 0) await runClients(options, options.warmMs)
  options.onPhase()
  const result = await runClients(options, options.measureMs)
  options.onPhase()
  return result
}

async function runClients(options: LoadOptions, durationMs: number): Promise<LoadResult> {
  const started = performance.now()
  const endMs = started + durationMs
  const clients = Array.from({ length: options.connections }, () => runClient(options, endMs))
  const results = await Promise.all(clients)
  return {
    responses: results.reduce((sum, result) => sum + result.responses, 0),
    frames: results.reduce((sum, result) => sum + result.frames, 0),
    failures: 0,
    seconds: (performance.now() - started) / 1000,
  }
}

async function runClient(
  options: LoadOptions,
  endMs: number,
): Promise<{ readonly responses: number; readonly frames: number }> {
  const socket = connect({ host: '127.0.0.1', port: options.port, noDelay: true })
  const isStream = options.request.includes('"stream":true')
  let responses = 0
  let frames = 0
  await new Promise<void>((resolve, reject) => {
    const next = (): void => {
      if (performance.now() >= endMs) {
        socket.destroy()
        resolve()
      } else socket.write(options.request)
    }
    const done = (count: number): void => {
      responses += 1
      frames += count
      next()
    }
    if (isStream) readStreams(socket, done)
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
