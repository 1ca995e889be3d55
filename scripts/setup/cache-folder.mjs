import { homedir } from 'node:os'
import { join } from 'node:path'

/** Outside `node_modules`, so that what was compiled survives an `npm ci`. */
export function cacheFolder() {
  const base =
    process.env.XDG_CACHE_HOME ??
    (process.platform === 'win32'
      ? process.env.LOCALAPPDATA
      : process.platform === 'darwin'
        ? join(homedir(), 'Library', 'Caches')
        : undefined) ??
    join(homedir(), '.cache')
  return join(base, 'secondwind')
}
