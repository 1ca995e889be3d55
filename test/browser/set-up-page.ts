import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { answerLoaded } from './answers.ts'
import { closeWatched, launchChromium, openWatched, type WatchedPage } from './chromium.ts'
import { buildPage, startPageServer, type Answer, type PageServer } from './page-server.ts'
import * as fixtures from './wire-fixtures.ts'

export const screenshots = fileURLToPath(new URL('./screenshots', import.meta.url))

export interface ServedPage {
  readonly browser: Browser
  readonly server: PageServer
}

/** For the `describe` that calls it: the page is built and served, and a browser is there. */
export function setUpServedPage(answer: Answer = answerLoaded): ServedPage {
  let browser: Browser
  let server: PageServer
  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true })
    await buildPage()
    browser = await launchChromium()
    server = await startPageServer(answer)
  })
  beforeEach(() => {
    server.answer = answer
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })
  return {
    get browser() {
      return browser
    },
    get server() {
      return server
    },
  }
}

export interface OpenPage extends ServedPage {
  /** Of this test alone. */
  readonly page: Page
  readonly watched: WatchedPage
  /** Goes there, and waits until it is shown whole. */
  readonly open: (path: string) => Promise<void>
  /** The text of what has the focus. */
  readonly focused: () => Promise<string>
}

/** The same with a fresh page for each test, in which nothing may happen that never should. */
export function setUpOpenPage(answer?: Answer): OpenPage {
  const served = setUpServedPage(answer)
  let watched: WatchedPage
  beforeEach(async () => {
    watched = await openWatched(served.browser, { nowMs: fixtures.NOW_MS })
  })
  afterEach(async () => {
    await closeWatched(watched)
  })
  return {
    get browser() {
      return served.browser
    },
    get server() {
      return served.server
    },
    get page() {
      return watched.page
    },
    get watched() {
      return watched
    },
    open: async (path) => {
      await watched.page.goto(served.server.url + path)
      await watched.page.locator('main h1').waitFor()
      await watched.page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
    },
    focused: () => watched.page.evaluate('document.activeElement?.textContent ?? ""'),
  }
}
