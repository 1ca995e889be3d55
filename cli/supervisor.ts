/**
 * Keeps two processes up: who is started when, restarted after how long, and given up on. Knows no
 * process and no clock of its own; `child-process.ts` and `serve.ts` bring them.
 */

export type ServiceName = 'analyzer' | 'sidecar'

/** How a process ended: by an exit code, or by a signal. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: string | null
}

export interface Child {
  readonly pid: number | undefined
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}

export interface ChildEvents {
  /** The line that the process prints when it is ready, with its real addresses. */
  readonly onReady: (line: string) => void
  readonly onExit: (exit: ChildExit) => void
}

export interface SupervisorOptions {
  /** `ready`: the ready line of each service that was ready before, for ports that must stay. */
  readonly spawn: (
    name: ServiceName,
    ready: ReadonlyMap<ServiceName, string>,
    events: ChildEvents,
  ) => Child
  readonly clock: SupervisorClock
  readonly log: (message: string, fields: Readonly<Record<string, string | number>>) => void
  /** Longest time that each may take to stop before it is killed. */
  readonly stopMs: Readonly<Record<ServiceName, number>>
}

interface SupervisorClock {
  now(): number
  /** Calls back once; returns the way to cancel it. */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** Why the supervisor is through, and what its own exit code says of it. */
export type SupervisorEnd =
  | { readonly kind: 'stopped' }
  /** It refused to start and said why itself: restarting could not help. */
  | { readonly kind: 'refused'; readonly name: ServiceName; readonly exitCode: number }
  | { readonly kind: 'keeps-dying'; readonly name: ServiceName; readonly deaths: number }

type ServiceState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting'; readonly child: Child }
  | { readonly kind: 'ready'; readonly child: Child }
  | { readonly kind: 'waiting'; readonly cancel: () => void }
  | { readonly kind: 'stopping'; readonly child: Child; readonly cancel: () => void }
  | { readonly kind: 'stopped' }

interface Service {
  state: ServiceState
  /** When it died, within the window. */
  deathsMs: number[]
  restartMs: number
}

const RESTART_MIN_MS = 250
const RESTART_MAX_MS = 5_000
const DEATHS_MAX = 5
const DEATHS_WINDOW_MS = 60_000
/** A second signal means at once: last words may take this long. */
const HURRY_MS = 1_000
/** Exit codes of a command that will not do better the next time: usage, configuration, data. */
const REFUSALS: ReadonlySet<number | null> = new Set([2, 3, 4, 5])

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #services: Readonly<Record<ServiceName, Service>> = {
    analyzer: { state: { kind: 'idle' }, deathsMs: [], restartMs: RESTART_MIN_MS },
    sidecar: { state: { kind: 'idle' }, deathsMs: [], restartMs: RESTART_MIN_MS },
  }
  readonly #ready = new Map<ServiceName, string>()
  #end: SupervisorEnd | undefined
  #signals = 0
  #finish: (end: SupervisorEnd) => void = () => undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Resolves when both processes are gone. */
  run(): Promise<SupervisorEnd> {
    return new Promise((resolve) => {
      this.#finish = resolve
      // The router first, and neither waits: an analyzer that takes its time must hold no stream.
      this.#spawn('sidecar')
      this.#spawn('analyzer')
    })
  }

  /** The first call drains, sidecar first; the second hurries. */
  signal(): void {
    this.#signals += 1
    if (this.#signals === 1) this.#stop({ kind: 'stopped' })
    else this.#hurry()
  }

  #spawn(name: ServiceName): void {
    const service = this.#services[name]
    const child = this.#options.spawn(name, this.#ready, {
      onReady: (line) => this.#onReady(name, line),
      onExit: (exit) => this.#onExit(name, exit),
    })
    service.state = { kind: 'starting', child }
  }

  #onReady(name: ServiceName, line: string): void {
    const service = this.#services[name]
    if (service.state.kind !== 'starting') return
    service.state = { kind: 'ready', child: service.state.child }
    // A process that was up before keeps its address: the other one knows it.
    this.#ready.set(name, this.#ready.get(name) ?? line)
  }

  #onExit(name: ServiceName, exit: ChildExit): void {
    const service = this.#services[name]
    if (service.state.kind === 'stopping') service.state.cancel()
    if (this.#end !== undefined) {
      service.state = { kind: 'stopped' }
      this.#stopNext()
      return
    }
    if (!this.#ready.has(name) && exit.signal === null && REFUSALS.has(exit.code)) {
      service.state = { kind: 'stopped' }
      this.#stop({ kind: 'refused', name, exitCode: exit.code ?? 0 })
      return
    }
    this.#restart(name, exit)
  }

  #restart(name: ServiceName, exit: ChildExit): void {
    const { clock, log } = this.#options
    const service = this.#services[name]
    const now = clock.now()
    const recent = service.deathsMs.filter((deathMs) => now - deathMs < DEATHS_WINDOW_MS)
    // A process that held on for a whole window is well again.
    if (recent.length === 0) service.restartMs = RESTART_MIN_MS
    service.deathsMs = [...recent, now]
    const cause = exit.signal ?? `exit code ${exit.code ?? 'unknown'}`
    if (service.deathsMs.length >= DEATHS_MAX) {
      service.state = { kind: 'stopped' }
      log('a process keeps dying; giving up', { process: name, cause })
      this.#stop({ kind: 'keeps-dying', name, deaths: service.deathsMs.length })
      return
    }
    const delayMs = service.restartMs
    service.restartMs = Math.min(delayMs * 2, RESTART_MAX_MS)
    log('a process died and is started again', { process: name, cause, delayMs })
    const cancel = clock.setTimer(delayMs, () => this.#spawn(name))
    service.state = { kind: 'waiting', cancel }
  }

  #stop(end: SupervisorEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    for (const service of Object.values(this.#services)) {
      if (service.state.kind === 'waiting') {
        service.state.cancel()
        service.state = { kind: 'stopped' }
      }
      if (service.state.kind === 'idle') service.state = { kind: 'stopped' }
    }
    this.#stopNext()
  }

  /** Sidecar first: its last spans still find the analyzer. */
  #stopNext(): void {
    for (const name of ['sidecar', 'analyzer'] as const) {
      const { state } = this.#services[name]
      if (state.kind === 'stopping') return
      if (state.kind === 'starting' || state.kind === 'ready') {
        this.#terminate(name, state.child, this.#options.stopMs[name])
        return
      }
    }
    if (this.#end !== undefined) this.#finish(this.#end)
  }

  #terminate(name: ServiceName, child: Child, limitMs: number): void {
    const cancel = this.#options.clock.setTimer(limitMs, () => child.kill('SIGKILL'))
    this.#services[name].state = { kind: 'stopping', child, cancel }
    child.kill('SIGTERM')
  }

  #hurry(): void {
    for (const name of ['sidecar', 'analyzer'] as const) {
      const { state } = this.#services[name]
      if (state.kind === 'stopping') state.cancel()
      if (state.kind === 'stopping' || state.kind === 'starting' || state.kind === 'ready') {
        this.#terminate(name, state.child, HURRY_MS)
      }
    }
  }
}
