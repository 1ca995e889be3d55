import { OtlpDecoder } from '../../../analyzer/ingest/decode-otlp.ts'
import { openDataFolder } from '../../../analyzer/store/sqlite/data-folder.ts'
import { openStore, type StorePlace } from '../../../analyzer/store/open-store.ts'

/** The program's own way from a body to the disk, without the network before it. */
export interface FolderWriter {
  /** On disk when it returns; how many spans. */
  append(body: Uint8Array, receivedAtMs: number): number
  close(): void
}

/** Nothing is dropped, and files are as large as they get. */
export function placeOf(path: string): StorePlace {
  return { path, limits: { ageMsMax: Infinity, bytesMax: Infinity } }
}

export function openFolderWriter(dataDir: string): FolderWriter {
  const folder = openDataFolder(dataDir)
  const writer = openStore(placeOf(folder.path), {
    now: Date.now,
    log: () => undefined,
  }).openWriter()
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
