import type { SidecarConfig } from './config/config.ts'
import type { Telemetry } from './routing/recorder.ts'

/** What the sidecar is built from; reading files, flags and the environment is done before. */
export interface SidecarOptions {
  readonly config: SidecarConfig
  readonly telemetry: Telemetry
}

export interface Sidecar {
  /** With the real port, where the configuration asked for port 0. */
  readonly url: string
  readonly port: number
  /**
   * Refuses new requests, lets running ones finish for `config.drainMs`, ends what is left with the
   * in-band error (never a terminal), then flushes telemetry. Calling it again hurries: at once.
   */
  stop(): Promise<void>
}

/** Starts the sidecar; rejects with the listener's own error (`EADDRINUSE` …) where it cannot. */
export function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  return Promise.reject(
    new Error(`the router of ${options.config.listen.host} is not part of this build`),
  )
}
