import type { TrafficCounts } from '../../demo/traffic.ts'

/** What a demo says on the terminal. All of it goes to stderr: stdout is for `--json`. */
export interface Screen {
  say(line: string): void
  /** The progress line; on a terminal in place, elsewhere now and then. */
  progress(counts: TrafficCounts, elapsedMs: number): void
}

const PLAIN_INTERVAL_MS = 10_000
const CLEAR_LINE = '\r\u001B[K'

export function createScreen(stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }): Screen {
  const inPlace = stderr.isTTY === true
  let isLineOpen = false
  let saidMs = 0
  return {
    say(line) {
      stderr.write(`${isLineOpen ? CLEAR_LINE : ''}${line}\n`)
      isLineOpen = false
    },
    progress(counts, elapsedMs) {
      const line = `  ${perSecond(counts, elapsedMs)} requests/s · ${counts.sent} sent, ${counts.sent - counts.ended} in flight`
      if (inPlace) {
        stderr.write(`${CLEAR_LINE}${line}`)
        isLineOpen = true
      } else if (elapsedMs - saidMs >= PLAIN_INTERVAL_MS) {
        saidMs = elapsedMs
        stderr.write(`${line}\n`)
      }
    },
  }
}

function perSecond(counts: TrafficCounts, elapsedMs: number): string {
  return elapsedMs < 1000 ? '–' : ((counts.sent * 1000) / elapsedMs).toFixed(1)
}

/** Three lines: where to look, and what at first. */
export function whereToLook(pageUrl: string, recordings: number): readonly string[] {
  return [
    `Look at     ${pageUrl}/incidents`,
    `At first    "Fallback refused the assistant prefill": what really failed beside what the client saw, and the remedy`,
    `Then        ${recordings} requests of real LiteLLM processes, most of them broken: the source litellm, in ten seconds`,
  ]
}
