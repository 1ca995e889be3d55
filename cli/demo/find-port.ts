import { createServer } from 'node:net'

/** The port that is wished for, or 0 (any) where somebody has it; `onTaken` is told then. */
export function findPort(wished: number, onTaken: (port: number) => void): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => {
      onTaken(wished)
      resolve(0)
    })
    probe.listen(wished, '127.0.0.1', () => probe.close(() => resolve(wished)))
  })
}
