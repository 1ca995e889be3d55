import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'

/** Of a connection's first frames, which a sender writes with its first packet. */
const PREFACE_MS_MAX = 10_000
/**
 * A peer that vanished without a word, or is stuck in the middle of a frame, answers no ping: it is
 * noticed after two of these.
 */
const PING_MS = 30_000
/** Without a call; senders open a connection again when they need it. */
const IDLE_MS_MAX = 10 * 60_000

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
  readonly #sessions = new Set<ServerHttp2Session>()

  constructor(server: Http2Server, times: SessionTimes = TIMES) {
    this.#server = server
    this.#times = times
    server.on('session', (session: ServerHttp2Session) => this.#watch(session))
    // Whoever breaks the protocol loses its connection; there is nobody to be told.
    server.on('sessionError', () => undefined)
  }

  /** Takes no new call (GOAWAY) and lets running ones end, for a while. */
  async stop(withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        for (const session of this.#sessions) session.destroy()
      }, withinMs)
      this.#server.close(() => {
        clearTimeout(timer)
        resolve()
      })
      for (const session of this.#sessions) close(session)
    })
  }

  #watch(session: ServerHttp2Session): void {
    const { prefaceMsMax, pingMs, idleMsMax } = this.#times
    this.#sessions.add(session)
    const preface = setTimeout(() => session.destroy(), prefaceMsMax)
    session.once('remoteSettings', () => clearTimeout(preface))
    let calls = 0
    let idleMs = 0
    let isAlive = true
    const watching = setInterval(() => {
      idleMs = calls === 0 ? idleMs + pingMs : 0
      if (!isAlive) session.destroy()
      else if (idleMs >= idleMsMax) close(session)
      else isAlive = !ping(session, () => (isAlive = true))
    }, pingMs)
    session.on('stream', (stream: ServerHttp2Stream) => {
      calls += 1
      idleMs = 0
      stream.once('close', () => (calls -= 1))
    })
    session.once('close', () => {
      clearTimeout(preface)
      clearInterval(watching)
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
