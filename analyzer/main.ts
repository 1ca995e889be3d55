export interface AnalyzerOptions {
  readonly host: string
  /** Of the API and the page; 0 lets the system pick. */
  readonly port: number
  readonly otlpHttpPort: number
  readonly dataDir: string
  readonly authTokenFile?: string
  /** Beyond `localhost` and the loopback addresses, which are always allowed. */
  readonly allowedHosts: readonly string[]
  readonly configFile?: string
  readonly routerConfigFile?: string
  readonly settleMs?: number
  /** One line each, without a line feed; never content, never a secret. */
  readonly log: (line: string) => void
}

export interface Analyzer {
  /** With the real ports, where port 0 was asked for. */
  readonly pageUrl: string
  readonly otlpHttpUrl: string
  /** Refuses new spans, commits what was taken, and closes the data folder. */
  stop(): Promise<void>
}

/** Starts the analyzer; rejects with an `AnalyzerError` that says what to do. */
export function startAnalyzer(options: AnalyzerOptions): Promise<Analyzer> {
  return Promise.reject(new Error(`${options.dataDir} cannot be opened: not part of this build`))
}
