import { Worker } from 'node:worker_threads'
import { benchProgram } from '../places.ts'

/** Runs one of these programs in a thread of its own, and takes the one message that it sends. */
export function runYardstick<Result>(name: string, run: object): Promise<Result> {
  const worker = new Worker(benchProgram(`yardsticks/${name}.js`), { workerData: run })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
