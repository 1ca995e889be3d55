import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerLoaded } from './answers.ts'
import { closeWatched, launchChromium, openWatched, skipReason } from './chromium.ts'
import { buildPage, startPageServer, type PageServer } from './page-server.ts'
import { incident, NOW_MS, TRACE_ID, windowIncident } from './wire-fixtures.ts'

/**
 * A provider's error message is written by the provider. Every text of every answer is followed by
 * all of these; whatever ran would call `pwned`, which a policy violation or a dialog also shows.
 */
const CORPUS = [
  '<script>pwned(1)</script>',
  '<img src=x onerror=pwned(2)>',
  '"><svg onload=pwned(3)>',
  "'-pwned(4)-'",
  'javascript:pwned(5)',
  '</title><script>pwned(6)</script>',
  '<iframe srcdoc="<script>parent.pwned(7)</script>">',
  '{{constructor.constructor("pwned(8)")()}}',
  '${pwned(9)}',
  '<a href="javascript:pwned(10)">x</a>',
  '<style>@import "http://evil.test/x.css"</style>',
  '\u202Ereversed\u202C and \u0000 and \uD800 half',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=pwned(11)>',
  '`<img src=x onerror=pwned(12)>`',
  '```\n<script>pwned(13)</script>\n```',
  '__proto__',
]

const SCREENS = [
  '/',
  '/incidents',
  `/incidents/${incident.id}`,
  `/incidents/${windowIncident.id}`,
  '/requests',
  `/traces/${TRACE_ID}?span=a1a2c3d4e5f60718`,
  '/rules',
]

/** Fields that the page compares or parses: a changed one would only show an empty page. */
const KEPT =
  /^(?:schemaVersion|now|start|end|at|until|mutedUntil|stateSince|counted|opens|firstSeen|lastSeen|startTime|lastSpanAt|spanId|parentSpanId|traceId|requestSpanId|traceIds|severity|state|outcome|status|code|kind|phase|confidence|\w+UnixNano|durationNano)$/

function poison(value: unknown, text: string, key = ''): unknown {
  if (KEPT.test(key) && typeof value === 'string') return value
  if (typeof value === 'string') return `${value} ${text}`
  if (Array.isArray(value)) return value.map((item) => poison(item, text, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, poison(item, text, name)]),
  )
}

describe.skipIf(skipReason !== undefined)('hostile text', () => {
  let browser: Browser
  let server: PageServer
  beforeAll(async () => {
    await buildPage()
    browser = await launchChromium()
    server = await startPageServer(answerLoaded)
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })

  test('runs nowhere and is shown as the text that it is', async () => {
    const watched = await openWatched(browser, { nowMs: NOW_MS })
    const { page, troubles } = watched
    await page.exposeFunction('pwned', (at: number) => troubles.push(`ran: ${at}`))
    // All of them in every field; backwards too, for one may swallow what comes after it.
    for (const text of [CORPUS.join(' '), CORPUS.toReversed().join(' ')]) {
      server.answer = (path) => {
        const answer = answerLoaded(path)
        return answer === undefined ? undefined : { body: poison(answer.body, text) }
      }
      for (const screen of SCREENS) {
        await page.goto(server.url + screen)
        await page.locator('main h1').waitFor()
        await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
        const foreign = await page.locator('main script, main iframe, main img, main style').count()
        expect({ text, screen, foreign }).toEqual({ text, screen, foreign: 0 })
      }
      const links = await page.locator('main a[href^="javascript:"]').count()
      expect(links).toBe(0)
    }
    server.answer = (path) => ({ body: poison(answerLoaded(path)?.body, CORPUS[1] ?? '') })
    await page.goto(`${server.url}/incidents/${incident.id}`)
    await page.locator('.really-failed').waitFor()
    expect(await page.locator('.really-failed').textContent()).toContain(CORPUS[1])
    await closeWatched(watched)
  }, 120_000)

  test('in an address is looked up, not run', async () => {
    server.answer = answerLoaded
    const watched = await openWatched(browser, { nowMs: NOW_MS })
    for (const text of CORPUS.slice(0, 6)) {
      await watched.page.goto(`${server.url}/incidents/${encodeURIComponent(text)}`)
      await watched.page.getByRole('alert').waitFor()
      await watched.page.goto(`${server.url}/requests?q=${encodeURIComponent(text)}`)
      await watched.page.locator('main table').waitFor()
      expect(await watched.page.getByRole('searchbox').inputValue()).toBe(text)
    }
    await closeWatched(watched)
  })
})
