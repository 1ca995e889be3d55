import { OtlpDecoder } from '../../../analyzer/ingest/decode-otlp.ts'
import { openDataFolder } from '../../../analyzer/store/sqlite/data-folder.ts'
import { openStore } from '../../../analyzer/store/open-store.ts'

/** The program's own way from a body to the disk, without the network before it. */
export interface FolderWriter {
  /** On disk when it returns; how many spans. */
  append(body: Uint8Array, receivedAtMs: number): number
  close(): void
}

export function openFolderWriter(dataDir: string): FolderWriter {
  const folder = openDataFolder(dataDir)
  const place = { path: folder.path, limits: { ageMsMax: Infinity, bytesMax: Infinity } }
  const writer = openStore(place, { now: Date.now, log: () => undefined }).openWriter()
  const decoder = new OtlpDecoder(folder)
  return {
    append(body, receivedAtMs) {
      const decoded = decoder.decode(body, 'protobuf')
      if (decoded.kind === 'malformed') throw new Error(decoded.message)
      const { records } = decoded
      writer.append([{ source: 'default', receivedAtMs, records }])
      return records.length
    },
    close() {
      writer.close()
      folder.release()
    },
  }
}
