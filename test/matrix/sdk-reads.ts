import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Api } from '../../collector/vocabulary.ts'
import { READERS } from '../support/sdk-clients.ts'
import type { Read, Reader } from '../support/sdk-clients.ts'
import type { ClientAnswer } from './run-cell.ts'

/** How one official client came out of a cell. */
export interface SdkRead {
  readonly name: string
  readonly kind: Read['kind']
  readonly text: string
  /** Class and message of what was raised. */
  readonly error?: string
}

export interface ReplayServer {
  readonly url: string
  stop(): Promise<void>
}

/** Says again what clients got: `/3/v1/…` is the fourth answer, whatever is asked of it. */
export async function startReplayServer(answers: readonly ClientAnswer[]): Promise<ReplayServer> {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      const answer = answers[Number(request.url?.split('/')[1])]
      if (answer === undefined) {
        response.writeHead(404).end()
        return
      }
      response.writeHead(answer.statusCode, {
        'content-type': answer.headers['content-type'] ?? '',
        // Nothing of a cell is asked twice.
        connection: 'close',
      })
      response.end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** The official clients of one protocol. */
export function readersOf(api: Api): readonly Reader[] {
  return READERS.filter((reader) => reader.api === api)
}

export async function readAs(reader: Reader, url: string): Promise<SdkRead> {
  const read = await reader.read({ url, route: 'asked' })
  return {
    name: reader.name,
    kind: read.kind,
    text: read.text,
    ...(read.kind === 'raised' && {
      error: `${read.error.constructor.name}: ${read.error.message}`,
    }),
  }
}
