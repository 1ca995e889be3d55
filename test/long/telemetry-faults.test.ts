import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { RECEIVER_FAULTS } from '../support/faulty-receiver.ts'
import {
  type Answer,
  deliveredTraces,
  differences,
  imbalance,
  startTelemetryRig,
} from '../support/telemetry-rig.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'

/**
 * Invariant I6 for as long as an outage lasts: ten minutes at fifty streams a second, in which the
 * receiver goes through everything that it can do. `SECONDWIND_SOAK_MS` shortens it.
 */
const DURATION_MS = Number(process.env['SECONDWIND_SOAK_MS'] ?? 600_000)
const STREAMS_PER_SECOND = 50
/** A machine that cannot keep the pace is asked for less, instead of running into time-outs. */
const ASKING_MAX = 50

/** Beyond what the requests and the spool themselves need, whatever the length of the run. */
const MEMORY_MAX = 256 * 1024 ** 2
/** After the longest wait that a receiver can ask for, and all that is on disk by then. */
const DELIVERY_MS = 120_000

test(
  'ten minutes of faults change no byte, and every failure and rescue is delivered afterwards',
  async () => {
    const rig = await startTelemetryRig({ spoolDir: temporaryFolder(), exportTimeoutMs: 2000 })
    const { receiver, telemetry } = rig
    const reference = await rig.askAll()
    const wrong: string[] = []
    const mustArrive = new Set<string>()
    const asking = new Set<Promise<void>>()
    let asked = 0
    const take = (answer: Answer): void => {
      wrong.push(...differences([answer], reference))
      if (answer.scenario !== 'healthy') mustArrive.add(answer.traceId)
    }
    const memoryBefore = process.memoryUsage.rss()
    const begun = performance.now()
    for (const fault of RECEIVER_FAULTS) {
      // oxlint-disable-next-line no-await-in-loop -- one fault after the other
      await receiver.behave(fault)
      const until = performance.now() + DURATION_MS / RECEIVER_FAULTS.length
      while (performance.now() < until) {
        const due = ((performance.now() - begun) / 1000) * STREAMS_PER_SECOND
        for (; asked < due && asking.size < ASKING_MAX; asked += 1) {
          const scenario = rig.scenarios[asked % rig.scenarios.length]
          if (scenario === undefined) throw new Error('there is no scenario')
          const asks: Promise<void> = rig
            .ask(scenario)
            .then(take)
            .catch((error: unknown) => wrong.push(`${scenario.name}: ${String(error)}`))
            .then(() => void asking.delete(asks))
          asking.add(asks)
        }
        // oxlint-disable-next-line no-await-in-loop -- the pace of the traffic
        await wait(10)
      }
      expect(imbalance(telemetry)).toBe(0)
    }
    await Promise.all(asking)
    const seconds = (performance.now() - begun) / 1000
    process.stderr.write(
      `${asked} streams in ${seconds.toFixed(0)} s (${(asked / seconds).toFixed(1)}/s), ${mustArrive.size} failed or rescued\n`,
    )
    const memory = process.memoryUsage.rss() - memoryBefore
    await receiver.behave('healthy')
    const deadline = performance.now() + DELIVERY_MS
    while (performance.now() < deadline && !(await telemetry.flush(10_000))) {
      // oxlint-disable-next-line no-await-in-loop -- until all of it is delivered
      await wait(100)
    }
    const delivered = deliveredTraces(receiver)
    expect(wrong.slice(0, 10)).toEqual([])
    expect([...mustArrive].filter((traceId) => !delivered.has(traceId))).toEqual([])
    const counts = telemetry.counts()
    expect({ waiting: counts.get('waiting'), spooled: counts.get('spooled') }).toEqual({
      waiting: 0,
      spooled: 0,
    })
    expect(imbalance(telemetry)).toBe(0)
    expect(memory).toBeLessThan(MEMORY_MAX)
    expect(mustArrive.size).toBeGreaterThan(RECEIVER_FAULTS.length)
    await waitUntil(() => rig.lines.some(({ message }) => message === 'spans are delivered again'))
    await rig.stop()
  },
  DURATION_MS + 2 * DELIVERY_MS,
)
