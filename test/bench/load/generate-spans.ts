import { fork } from 'node:child_process'
import { benchProgram } from '../places.ts'
import type { LoadMessage, LoadResult, LoadSpec } from './load-spec.ts'

/** Runs one load in a process of its own; `onPhase` is called where what counts begins and ends. */
export function generateSpans(spec: LoadSpec, onPhase: () => void): Promise<LoadResult> {
  const child = fork(benchProgram('load/send-spans.js'), { serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    child.on('message', (message: LoadMessage) => {
      switch (message.kind) {
        case 'measuring':
        case 'measured':
          onPhase()
          return
        case 'result':
          resolve(message.result)
          return
        case 'failed':
          reject(new Error(`the receiver's answer: ${message.reason}`))
      }
    })
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`the load generator ended with ${String(code)}`)))
    child.send(spec)
  })
}
