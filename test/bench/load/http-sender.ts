import { connect, type Socket } from 'node:net'

export type SendResult = 'acknowledged' | 'refused'

/** One connection of an exporter. */
export interface Sender {
  send(body: Buffer): Promise<SendResult>
  close(): void
}

export interface HttpSenderOptions {
  readonly contentType: string
  readonly gzip: boolean
}

/** OTLP/HTTP on a raw socket: a client library would take the core that the receiver needs. */
export async function connectHttp(
  url: string,
  { contentType, gzip }: HttpSenderOptions,
): Promise<Sender> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const encoding = gzip ? 'content-encoding: gzip\r\n' : ''
  const head = `POST /v1/traces HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: ${contentType}\r\n${encoding}content-length: `
  const answers = new Answers(socket)
  return {
    send(body) {
      socket.cork()
      socket.write(`${head}${body.length}\r\n\r\n`, 'latin1')
      socket.write(body)
      socket.uncork()
      return answers.next()
    },
    close: () => void socket.destroy(),
  }
}

/** One answer after another, of known length. */
class Answers {
  #received: Buffer = Buffer.alloc(0)
  #waiting: PromiseWithSettlers | undefined

  constructor(socket: Socket) {
    socket.on('data', (data) => this.#take(data))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => this.#waiting?.reject(new Error('the connection was closed')))
  }

  next(): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  #take(data: Buffer): void {
    this.#received = this.#received.length > 0 ? Buffer.concat([this.#received, data]) : data
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#received.toString('latin1', 0, end)
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1])
    if (this.#received.length < end + 4 + length) return
    const answer = this.#received
    this.#received = Buffer.alloc(0)
    const waiting = this.#waiting
    this.#waiting = undefined
    const status = head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)
    if (status === '200' && !answer.includes('artialSuccess') && length <= EMPTY_BYTES_MAX) {
      waiting?.resolve('acknowledged')
    } else if (status === '429' || status === '503') waiting?.resolve('refused')
    else waiting?.reject(new Error(answer.toString('utf8').slice(0, 500)))
  }
}

/** `{}` in JSON, nothing in protobuf; a partial success is longer. */
const EMPTY_BYTES_MAX = 2

interface PromiseWithSettlers {
  readonly resolve: (result: SendResult) => void
  readonly reject: (error: Error) => void
}
