import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Of all buffers that somebody still holds on to. */
export function bufferBytes(): number {
  // What one collection finds unreachable may be what kept the rest.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}
