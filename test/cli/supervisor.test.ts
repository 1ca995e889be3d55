import { describe, expect, test } from 'vitest'
import {
  type ChildEvents,
  type ServiceName,
  Supervisor,
  type SupervisorEnd,
} from '../../cli/supervisor.ts'

interface FakeChild extends ChildEvents {
  readonly name: ServiceName
  readonly signals: string[]
  readonly ready: ReadonlyMap<ServiceName, string>
}

/** A world of processes and time that only moves when the test says so. */
function createWorld() {
  const children: FakeChild[] = []
  const logged: string[] = []
  const timers: { atMs: number; callback: () => void; cancelled: boolean }[] = []
  let nowMs = 0
  let end: SupervisorEnd | undefined
  const supervisor = new Supervisor({
    spawn: (name, ready, events) => {
      const signals: string[] = []
      children.push({ ...events, name, signals, ready: new Map(ready) })
      return { pid: children.length, kill: (signal) => void signals.push(signal) }
    },
    clock: {
      now: () => nowMs,
      setTimer: (delayMs, callback) => {
        const timer = { atMs: nowMs + delayMs, callback, cancelled: false }
        timers.push(timer)
        return () => {
          timer.cancelled = true
        }
      },
    },
    log: (message) => void logged.push(message),
    stopMs: { analyzer: 10_000, sidecar: 40_000 },
  })
  const ran = supervisor.run().then((result) => {
    end = result
    return result
  })
  const last = (name: ServiceName) => {
    const child = children.findLast((entry) => entry.name === name)
    if (child === undefined) throw new Error(`${name} was never started`)
    return child
  }
  return {
    supervisor,
    children,
    logged,
    ran,
    last,
    ended: () => end,
    started: (name: ServiceName) => children.filter((child) => child.name === name).length,
    advance: (byMs: number) => {
      nowMs += byMs
      for (const timer of timers.splice(0)) {
        if (timer.cancelled) continue
        if (timer.atMs <= nowMs) timer.callback()
        else timers.push(timer)
      }
    },
    up: () => {
      last('analyzer').onReady('analyzer line 1')
      last('sidecar').onReady('sidecar line 1')
    },
  }
}

const KILLED = { code: null, signal: 'SIGKILL' }

describe('Supervisor', () => {
  test('starts both at once, the sidecar first: no router waits for its analyzer', () => {
    const world = createWorld()
    expect(world.children.map((child) => child.name)).toEqual(['sidecar', 'analyzer'])
  })

  test('starts again what died, and leaves the other alone', () => {
    for (const name of ['analyzer', 'sidecar'] as const) {
      const world = createWorld()
      world.up()
      world.last(name).onExit(KILLED)
      expect(world.started(name)).toBe(1)
      world.advance(250)
      expect(world.started(name)).toBe(2)
      const other = name === 'analyzer' ? 'sidecar' : 'analyzer'
      expect(world.started(other)).toBe(1)
      expect(world.last(other).signals).toEqual([])
      expect(world.last(name).ready.get(name)).toBe(`${name} line 1`)
    }
  })

  test('waits twice as long after each death, and as at first after a quiet minute', () => {
    const world = createWorld()
    world.up()
    for (const delayMs of [250, 500, 1_000, 2_000]) {
      const before = world.started('sidecar')
      world.last('sidecar').onExit(KILLED)
      world.advance(delayMs - 1)
      expect(world.started('sidecar')).toBe(before)
      world.advance(1)
      expect(world.started('sidecar')).toBe(before + 1)
      world.last('sidecar').onReady('again')
    }
    world.advance(60_000)
    world.last('sidecar').onExit(KILLED)
    world.advance(250)
    expect(world.started('sidecar')).toBe(6)
  })

  test('never waits longer than five seconds', () => {
    const world = createWorld()
    world.up()
    // Far enough apart not to be too many, near enough never to be forgotten.
    for (let i = 0; i < 12; i += 1) {
      world.last('analyzer').onExit(KILLED)
      world.advance(5_000)
      expect(world.started('analyzer')).toBe(i + 2)
      world.advance(12_000)
    }
  })

  test('gives up after five deaths within a minute, and stops the other', async () => {
    const world = createWorld()
    world.up()
    for (let death = 1; death <= 5; death += 1) {
      world.last('analyzer').onExit({ code: 70, signal: null })
      if (death < 5) world.advance(5_000)
    }
    expect(world.last('sidecar').signals).toEqual(['SIGTERM'])
    world.last('sidecar').onExit({ code: 0, signal: null })
    expect(await world.ran).toEqual({ kind: 'keeps-dying', name: 'analyzer', deaths: 5 })
    expect(world.logged.at(-1)).toContain('giving up')
  })

  test('does not start again what refused to start, stops the other, and passes its exit code on', async () => {
    for (const name of ['analyzer', 'sidecar'] as const) {
      const world = createWorld()
      const other = name === 'analyzer' ? 'sidecar' : 'analyzer'
      world.last(other).onReady(`${other} line 1`)
      world.last(name).onExit({ code: 3, signal: null })
      expect(world.last(other).signals).toEqual(['SIGTERM'])
      world.last(other).onExit({ code: 0, signal: null })
      expect(await world.ran).toEqual({ kind: 'refused', name, exitCode: 3 })
      expect(world.started(name)).toBe(1)
    }
  })

  test('starts again what died before it was ready, and leaves the other alone', () => {
    const world = createWorld()
    world.last('sidecar').onReady('sidecar line 1')
    world.last('analyzer').onExit({ code: 70, signal: null })
    world.advance(250)
    expect([world.started('analyzer'), world.started('sidecar')]).toEqual([2, 1])
    expect(world.last('sidecar').signals).toEqual([])
  })

  test('starts again even a refusal of what was up before: its port may be held a moment', () => {
    const world = createWorld()
    world.up()
    world.last('sidecar').onExit(KILLED)
    world.advance(250)
    world.last('sidecar').onExit({ code: 3, signal: null })
    world.advance(500)
    expect(world.started('sidecar')).toBe(3)
  })

  test('stops the sidecar first, then the analyzer', async () => {
    const world = createWorld()
    world.up()
    world.supervisor.signal()
    expect(world.last('sidecar').signals).toEqual(['SIGTERM'])
    expect(world.last('analyzer').signals).toEqual([])
    world.last('sidecar').onExit({ code: 0, signal: null })
    expect(world.last('analyzer').signals).toEqual(['SIGTERM'])
    expect(world.ended()).toBeUndefined()
    world.last('analyzer').onExit({ code: 0, signal: null })
    expect(await world.ran).toEqual({ kind: 'stopped' })
  })

  test('hurries both at the second signal, and kills what is left a second later', async () => {
    const world = createWorld()
    world.up()
    world.supervisor.signal()
    world.supervisor.signal()
    expect(world.last('sidecar').signals).toEqual(['SIGTERM', 'SIGTERM'])
    expect(world.last('analyzer').signals).toEqual(['SIGTERM'])
    world.advance(1_000)
    expect(world.last('sidecar').signals.at(-1)).toBe('SIGKILL')
    expect(world.last('analyzer').signals.at(-1)).toBe('SIGKILL')
    world.last('analyzer').onExit(KILLED)
    world.last('sidecar').onExit(KILLED)
    expect(await world.ran).toEqual({ kind: 'stopped' })
  })

  test('kills what does not stop in its time', () => {
    const world = createWorld()
    world.up()
    world.supervisor.signal()
    world.advance(39_999)
    expect(world.last('sidecar').signals).toEqual(['SIGTERM'])
    world.advance(1)
    expect(world.last('sidecar').signals).toEqual(['SIGTERM', 'SIGKILL'])
  })

  test('is not started again while it stops, nor stopped while it waits to start', async () => {
    const world = createWorld()
    world.up()
    world.last('analyzer').onExit(KILLED)
    world.supervisor.signal()
    world.last('sidecar').onExit({ code: 0, signal: null })
    expect(await world.ran).toEqual({ kind: 'stopped' })
    world.advance(10_000)
    expect(world.started('analyzer')).toBe(1)
  })
})
