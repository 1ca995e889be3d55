import { decodeOtlp } from '../../../analyzer/ingest/decode-otlp.ts'
import { stripContent } from '../../../analyzer/ingest/strip-content.ts'
import { openDataFolder } from '../../../analyzer/store/sqlite/data-folder.ts'
import { openSpanWriter } from '../../../analyzer/store/sqlite/span-writer.ts'

/** The program's own way from a body to the disk, without the network before it. */
export interface FolderWriter {
  /** On disk when it returns; how many spans. */
  append(body: Uint8Array, receivedAtMs: number): number
  close(): void
}

export function openFolderWriter(dataDir: string): FolderWriter {
  const folder = openDataFolder(dataDir)
  const writer = openSpanWriter(folder.spansFile)
  return {
    append(body, receivedAtMs) {
      const decoded = decodeOtlp(body, 'protobuf')
      if (decoded.kind === 'malformed') throw new Error(decoded.message)
      const spans = stripContent(decoded.spans, { salt: folder.salt })
      writer.append(spans.map((span) => ({ span, source: 'default', receivedAtMs })))
      return spans.length
    },
    close() {
      writer.close()
      folder.release()
    },
  }
}
