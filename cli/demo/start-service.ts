import { Writable } from 'node:stream'
import { startChild } from '../child-process.ts'
import { CommandError } from '../command-error.ts'

export interface Service {
  readonly name: string
  readonly readyLine: string
  /** Rejects when the process ends though nobody stopped it. */
  readonly died: Promise<never>
  stop(): Promise<void>
}

export interface ServiceOptions {
  readonly name: 'sidecar' | 'analyzer'
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Longer than any graceful stop in a demo. */
const STOP_MS = 10_000
/** Of what a process said, for the error where it dies. */
const LAST_WORDS_CHARS = 4_000

/**
 * Starts one of the two processes and resolves once it is ready. What it logs is kept back: a
 * demo's terminal is for people, and only the last words of a process that died are of interest.
 */
export function startService({ name, args, environment }: ServiceOptions): Promise<Service> {
  const words = createTail()
  return new Promise((resolve, reject) => {
    let state: 'starting' | 'ready' | 'stopping' = 'starting'
    let onGone: (() => void) | undefined
    const gone = new Promise<void>((done) => {
      onGone = done
    })
    let onDied: ((error: Error) => void) | undefined
    const died = new Promise<never>((_, fail) => {
      onDied = fail
    })
    // It is raced with what a caller waits for; before that nobody listens.
    died.catch(() => undefined)
    const child = startChild(
      {
        args: [name, ...args],
        environment: { ...process.env, ...environment },
        readyPrefix: `secondwind ${name} ready: `,
        stderr: words.stream,
      },
      {
        onReady: (readyLine) => {
          if (state !== 'starting') return
          state = 'ready'
          resolve({ name, readyLine, died, stop })
        },
        onExit: ({ code, signal }) => {
          onGone?.()
          if (state === 'stopping') return
          const error = new CommandError('PROCESS_KEEPS_DYING', {
            message: `the ${name} ended by itself (${signal ?? `exit code ${code ?? 'unknown'}`})`,
            hint: `its last words:\n${words.text()}`,
          })
          onDied?.(error)
          reject(error)
        },
      },
    )
    const stop = async (): Promise<void> => {
      state = 'stopping'
      child.kill('SIGTERM')
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await gone
      clearTimeout(limit)
    }
  })
}

/** Somebody took the port between the look and the start. */
export function isPortTaken(error: unknown): boolean {
  return error instanceof CommandError && /PORT_IN_USE\]/.test(error.hint ?? '')
}

function createTail(): { readonly stream: Writable; text(): string } {
  let kept = ''
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      kept = (kept + String(chunk)).slice(-LAST_WORDS_CHARS)
      done()
    },
  })
  return { stream, text: () => kept.trimEnd() }
}
