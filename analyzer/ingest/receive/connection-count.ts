import type { Server } from 'node:net'

/** Connections of a receiver. */
export interface Connections {
  readonly open: number
  /** Beyond the limit: closed as they came. */
  readonly refused: number
}

/** Counts them from the moment on that it is called. */
export function countConnections(server: Server): () => Connections {
  let open = 0
  let refused = 0
  server.on('connection', (socket) => {
    open += 1
    socket.once('close', () => (open -= 1))
  })
  server.on('drop', () => (refused += 1))
  return () => ({ open, refused })
}
