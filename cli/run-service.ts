import { EXIT, type CommandIo } from './command.ts'

export interface Service {
  /** Ends gracefully; a second call hurries. */
  stop(): Promise<void>
}

/** A second signal means at once: this long for last words, then the process is gone. */
const HURRY_MS = 1_000

const endAtOnce = (): void => process.exit(EXIT.ok)

/**
 * A child of `serve` must not outlive it while it starts either, and that may take minutes: where
 * the channel is gone by the time that the service is up, nothing tells of it any more.
 */
export function endWithParent(): void {
  // Undefined of a process that never had a channel, whatever its type says.
  // oxlint-disable-next-line typescript/no-unnecessary-boolean-literal-compare -- see above
  if (process.connected === false) endAtOnce()
  process.once('disconnect', endAtOnce)
}

/**
 * Says that the service is ready and keeps it up until a signal comes or the parent is gone: a
 * child of `serve` must not outlive it, and the channel between them closes when it dies.
 */
export async function runService(
  service: Service,
  readyLine: string,
  io: CommandIo,
): Promise<number> {
  const stopped = new Promise<void>((resolve, reject) => {
    let signals = 0
    const stop = () => {
      signals += 1
      if (signals > 1) setTimeout(() => process.exit(EXIT.ok), HURRY_MS).unref()
      service.stop().then(resolve, reject)
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    process.off('disconnect', endAtOnce)
    process.once('disconnect', stop)
  })
  io.stderr.write(`${readyLine}\n`)
  await stopped
  return EXIT.ok
}
