import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WireIncident, WireIncidentList } from '../../analyzer/api/wire.ts'
import { closeWatched, launchChromium, openWatched, skipReason } from './chromium.ts'
import { buildPage } from './page-server.ts'

/**
 * The whole product, as a newcomer meets it: the demo's processes, real spans, the real page. With
 * `SECONDWIND_PICTURE=1` the picture of the two columns is the README's.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const screenshots = `${root}/test/browser/screenshots`
/** Pictures differ by the minute, so a run of the tests does not change the one in the README. */
const pictures = process.env['SECONDWIND_PICTURE'] ? `${root}/docs/images` : screenshots

/** The recordings settle 15 s after their last span, and the machine may be busy. */
const SHOWN_WITHIN_MS = 90_000

interface Demo {
  readonly pageUrl: string
  readonly process: ChildProcess
}

async function startDemo(): Promise<Demo> {
  const args = ['dist/cli/main.js', 'demo', '--no-open', '--seed', '7', '--rate', '10']
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
  const said: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line)
    const [, pageUrl] = /^Look at\s+(http:\/\/[^/]+)/.exec(line) ?? []
    if (pageUrl === undefined) continue
    // Whoever stops reading would in the end block the demo.
    child.stderr.resume()
    return { pageUrl, process: child }
  }
  throw new Error(`the demo ended before it said where to look:\n${said.join('\n')}`)
}

async function stopDemo({ process: child }: Demo): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  await ended
}

async function readApi<T>(demo: Demo, path: string): Promise<T> {
  const response = await fetch(`${demo.pageUrl}/api/v1/${path}`)
  return (await response.json()) as T
}

/** The first incident of a class from a source; `undefined` until it is there. */
async function findIncident(
  demo: Demo,
  source: string,
  rule: string,
): Promise<WireIncident | undefined> {
  const { incidents } = await readApi<WireIncidentList>(demo, 'incidents')
  const row = incidents.find((one) => one.source === source && one.rule === rule)
  return row === undefined ? undefined : readApi<WireIncident>(demo, `incidents/${row.id}`)
}

async function waitForIncident(demo: Demo, source: string, rule: string): Promise<WireIncident> {
  return expect
    .poll(() => findIncident(demo, source, rule), { timeout: SHOWN_WITHIN_MS, interval: 500 })
    .toBeDefined()
    .then(async () => {
      const found = await findIncident(demo, source, rule)
      if (found === undefined) throw new Error(`${rule} of ${source} was there and went`)
      return found
    })
}

/** First what needs two columns most: the client was shown something else than what failed. */
function pictureRank({ rule, source, example }: WireIncident): number {
  const isMasked = example.findings.some((finding) => finding.rule === 'error-masked')
  const isTold =
    example.clientSaw.statusCode !== undefined && example.clientSaw.message !== undefined
  return (
    (rule === 'prefill-rejected' ? 0 : 8) +
    (isMasked ? 0 : 4) +
    (isTold ? 0 : 2) +
    (source === 'litellm' ? 0 : 1)
  )
}

async function openIncident(page: Page, demo: Demo, incident: WireIncident): Promise<void> {
  // Found alone, it stands under no outage.
  await page.goto(`${demo.pageUrl}/incidents?q=${incident.id}`)
  const link = page.locator(`a[href="/incidents/${incident.id}"]`)
  await link.waitFor()
  await link.click()
  await page.getByRole('heading', { name: 'What really failed' }).waitFor()
}

describe.skipIf(skipReason !== undefined)('the page during the demo', () => {
  let browser: Browser
  let demo: Demo
  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true })
    await buildPage()
    browser = await launchChromium()
    demo = await startDemo()
  }, SHOWN_WITHIN_MS)
  afterAll(async () => {
    // What was never started (its own error says why) needs no stopping.
    if (demo !== undefined) await stopDemo(demo)
    await browser?.close()
  })

  for (const source of ['sidecar', 'litellm']) {
    test(
      `shows what really failed beside what the client saw, from ${source}`,
      async () => {
        const incident = await waitForIncident(demo, source, 'prefill-rejected')
        const watched = await openWatched(browser)
        const { page } = watched
        await openIncident(page, demo, incident)
        const rootCause = page.locator('[data-root-cause]')
        const box = await rootCause.boundingBox()
        expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThan(720)
        expect(await page.locator('.attempt').count()).toBeGreaterThan(1)
        const saw = await page.locator('.client-saw').textContent()
        expect(saw).toMatch(/HTTP \d{3}|The spans cannot tell/)
        for (const part of ['Stop it now', 'Fix it', 'Verify']) {
          expect(await page.getByRole('heading', { name: part }).count()).toBe(1)
        }
        await page.screenshot({
          path: `${screenshots}/demo-incident-${source}.png`,
          fullPage: true,
        })
        await page.keyboard.press('j')
        await page.keyboard.press('Enter')
        await page.locator('.waterfall-row').first().waitFor()
        await page.keyboard.press('e')
        const selected = page.locator('.waterfall-row[aria-selected=true]')
        expect(await selected.textContent()).toContain('ERROR')
        await page.screenshot({ path: `${screenshots}/demo-trace-${source}.png` })
        await closeWatched(watched)
      },
      SHOWN_WITHIN_MS + 30_000,
    )
  }

  test('has figures, a chart and open incidents on its first view', async () => {
    const watched = await openWatched(browser)
    const { page } = watched
    await page.goto(demo.pageUrl)
    await page.locator('.figure-headline').waitFor()
    expect(await page.locator('.figure-headline').textContent()).toMatch(/\d+ of \d+/)
    await page.locator('.incidents [data-row]').first().waitFor()
    expect(await page.locator('.chart-plot .part').count()).toBeGreaterThan(0)
    await page.screenshot({ path: `${screenshots}/demo-overview.png`, fullPage: true })
    await closeWatched(watched)
  })

  test(
    "the README's picture can be made: the two columns of an incident, on one screen",
    async () => {
      await waitForIncident(demo, 'litellm', 'prefill-rejected')
      const { incidents } = await readApi<WireIncidentList>(demo, 'incidents')
      const all = await Promise.all(
        incidents.map((row) => readApi<WireIncident>(demo, `incidents/${row.id}`)),
      )
      const [incident] = all.toSorted((left, right) => pictureRank(left) - pictureRank(right))
      if (incident === undefined) throw new Error('there is no incident to make a picture of')
      const watched = await openWatched(browser, { width: 1240, height: 900 })
      const { page } = watched
      await openIncident(page, demo, incident)
      const main = await page.locator('main').boundingBox()
      const columns = await page.locator('.two-columns').boundingBox()
      const height = (columns?.y ?? 0) + (columns?.height ?? 0) + 16
      expect(height).toBeGreaterThan(300)
      await page.screenshot({
        path: `${pictures}/incident.png`,
        clip: { x: main?.x ?? 0, y: 0, width: main?.width ?? 0, height },
      })
      await closeWatched(watched)
    },
    SHOWN_WITHIN_MS,
  )
})
