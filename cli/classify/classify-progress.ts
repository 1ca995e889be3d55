import { ProgressLine } from '../progress-line.ts'

const SHOWN_EVERY_MS = 200

/**
 * How far a run has come, for whoever watches stderr while the result goes elsewhere; a table that
 * is printed to the same terminal shows it by itself.
 */
export class ClassifyProgress {
  readonly #line: ProgressLine
  readonly #files: number
  readonly #now: () => number
  readonly #isShown: boolean
  #shownMs: number

  constructor(
    io: { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream },
    { files, now }: { readonly files: number; readonly now: () => number },
  ) {
    this.#line = new ProgressLine(io.stderr)
    this.#files = files
    this.#now = now
    this.#isShown = !('isTTY' in io.stdout && io.stdout.isTTY === true)
    // What is done at once needs no progress.
    this.#shownMs = now()
  }

  show(filesDone: number, path: string): void {
    const nowMs = this.#now()
    if (!this.#isShown || nowMs - this.#shownMs < SHOWN_EVERY_MS) return
    this.#shownMs = nowMs
    const [done, all] = [filesDone, this.#files].map((count) => count.toLocaleString('en-US'))
    this.#line.show(`${done} of ${all} files: ${path}`)
  }

  clear(): void {
    this.#line.clear()
  }
}
