import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes of the data folder that hold spans, or verdicts, with what is kept beside them. */
export function bytesIn(dataDir: string, of: 'spans' | 'verdicts'): number {
  let bytes = 0
  for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const isOfVerdicts = entry.name.startsWith('verdicts')
    if (isOfVerdicts === (of === 'verdicts')) bytes += statSync(join(entry.path, entry.name)).size
  }
  return bytes
}
