import { createServer } from 'node:net'

/**
 * A port that was free a moment ago, for who must be told it before its listener is up; 0 where
 * there is none to be had, and then the listener says why.
 */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(0))
    probe.listen(0, host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}
