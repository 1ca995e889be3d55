import type { AddressInfo, Server } from 'node:net'

import { AnalyzerError } from '../errors.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** The flag that names the port, for the hint. */
  readonly flag: string
}

/** Listens, and says in the operator's words why it cannot. */
export async function listen(server: Server, address: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, address)))
    server.listen({ host: address.host, port: address.port }, resolve)
  })
}

export function toListenError(error: unknown, { host, port, flag }: ListenAddress): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new AnalyzerError('ANALYZER_PORT_IN_USE', {
      message: `port ${port} of ${host} is taken`,
      hint: `Stop what listens there, or choose another port with ${flag} (0 picks a free one).`,
      cause: error,
    })
  }
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND') {
    return new AnalyzerError('ANALYZER_ADDRESS_UNUSABLE', {
      message: `cannot listen on ${host}, port ${port} (${code})`,
      hint: `Use an address of this machine with --host, and a port above 1023 with ${flag}.`,
      cause: error,
    })
  }
  return error instanceof Error ? error : new Error(String(error))
}

/** With the real port. */
export function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = isAddress(address) ? address.port : 0
  return httpUrl(host, port)
}

function httpUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}
