import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'

/** Of a connection's first frames, which a sender writes with its first packet. */
const PREFACE_MS_MAX = 10_000
/**
 * A peer that vanished without a word, or is stuck in the middle of a frame, answers no ping: it is
 * noticed after two of these.
 */
const PING_MS = 30_000
/** Without a call; senders open a connection again when they need it. */
const IDLE_MS_MAX = 10 * 60_000
/** For a peer to read that its connection ends; one that never ends its own side is cut off. */
const LINGER_MS = 2000

export interface SessionTimes {
  readonly prefaceMsMax: number
  readonly pingMs: number
  readonly idleMsMax: number
}

const TIMES: SessionTimes = {
  prefaceMsMax: PREFACE_MS_MAX,
  pingMs: PING_MS,
  idleMsMax: IDLE_MS_MAX,
}

/** Ends the connections that are of no use, and all of them when the receiver stops. */
export class GrpcSessions {
  readonly #server: Http2Server
  readonly #times: SessionTimes
  /** Until the socket is gone: a session ends before it, and a peer may leave it half open. */
  readonly #sessions = new Map<ServerHttp2Session, Socket>()
  /** Those without a call, the longest first. */
  readonly #idle = new Set<ServerHttp2Session>()
  /** Its session begins while it is told of. */
  #connecting: Socket | undefined

  constructor(server: Http2Server, times: SessionTimes = TIMES) {
    this.#server = server
    this.#times = times
    server.prependListener('connection', (socket: Socket) => (this.#connecting = socket))
    server.on('session', (session: ServerHttp2Session) => {
      if (this.#connecting !== undefined) this.#watch(session, this.#connecting)
    })
    // One more would be too many: who has nothing to say gives way to who comes next.
    server.on('drop', () => {
      const [longest] = this.#idle
      if (longest !== undefined) close(longest)
    })
    // Whoever breaks the protocol loses its connection; there is nobody to be told.
    server.on('sessionError', () => undefined)
  }

  /** Takes no new call (GOAWAY) and lets running ones end, for a while. */
  async stop(withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of this.#sessions.values()) socket.destroy()
      }, withinMs)
      this.#server.close(() => {
        clearTimeout(timer)
        resolve()
      })
      for (const session of this.#sessions.keys()) close(session)
    })
  }

  #watch(session: ServerHttp2Session, socket: Socket): void {
    const { prefaceMsMax, pingMs, idleMsMax } = this.#times
    this.#sessions.set(session, socket)
    this.#idle.add(session)
    const preface = setTimeout(() => socket.destroy(), prefaceMsMax)
    session.once('remoteSettings', () => clearTimeout(preface))
    let calls = 0
    let idleMs = 0
    let isAlive = true
    const watching = setInterval(() => {
      idleMs = calls === 0 ? idleMs + pingMs : 0
      if (!isAlive) socket.destroy()
      else if (idleMs >= idleMsMax) close(session)
      else isAlive = !ping(session, () => (isAlive = true))
    }, pingMs)
    session.on('stream', (stream: ServerHttp2Stream) => {
      calls += 1
      idleMs = 0
      this.#idle.delete(session)
      stream.once('close', () => {
        calls -= 1
        if (calls === 0 && !session.closed) this.#idle.add(session)
      })
    })
    let lingering: NodeJS.Timeout | undefined
    session.once('close', () => {
      clearTimeout(preface)
      clearInterval(watching)
      this.#idle.delete(session)
      lingering = setTimeout(() => socket.destroy(), LINGER_MS)
    })
    socket.once('close', () => {
      clearTimeout(lingering)
      this.#sessions.delete(session)
    })
  }
}

/** Where its end was begun already, there is nothing to do. */
function close(session: ServerHttp2Session): void {
  if (!session.closed && !session.destroyed) session.close()
}

/** Whether one was sent; in the first moments of a connection none can be. */
function ping(session: ServerHttp2Session, onAnswer: () => void): boolean {
  if (session.closed || session.destroyed) return false
  return session.ping((error) => {
    if (error === null) onAnswer()
  })
}
