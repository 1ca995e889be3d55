import { onTestFinished } from 'vitest'

import { startAnalyzer, type Analyzer, type AnalyzerOptions } from '../../analyzer/main.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface RunningAnalyzer extends Analyzer {
  readonly dataDir: string
  readonly logged: readonly string[]
  /** `path` is below `/api/v1/`. */
  readonly api: <T>(path: string) => Promise<T>
  readonly send: (body: Uint8Array, headers?: Readonly<Record<string, string>>) => Promise<Response>
}

/** Ports that the system picks, and verdicts that do not keep a test waiting. */
export const ON_LOOPBACK = {
  host: '127.0.0.1',
  port: 0,
  otlpHttpPort: 0,
  otlpGrpcPort: 0,
  allowedHosts: [],
  settleMs: 50,
} as const

/** A whole analyzer with its threads, on free ports and in a folder of this test's own. */
export async function runAnalyzer(
  options: Partial<AnalyzerOptions> = {},
): Promise<RunningAnalyzer> {
  const dataDir = options.dataDir ?? temporaryFolder()
  const logged: string[] = []
  const analyzer = await startAnalyzer({
    ...ON_LOOPBACK,
    log: (line) => logged.push(line),
    onFatal: (reason) => {
      throw new Error(reason)
    },
    ...options,
    dataDir,
  })
  onTestFinished(() => analyzer.stop())
  return {
    ...analyzer,
    dataDir,
    logged,
    api: async <T>(path: string): Promise<T> => {
      const response = await fetch(`${analyzer.pageUrl}/api/v1/${path}`)
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    },
    send: (body, headers = {}) =>
      fetch(`${analyzer.otlpHttpUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', ...headers },
        body: Uint8Array.from(body),
      }),
  }
}
