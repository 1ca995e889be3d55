import { AxeBuilder } from '@axe-core/playwright'
import { beforeEach, describe, expect, test } from 'vitest'
import type { WireIncident } from '../../analyzer/api/wire.ts'
import { answerLoaded } from './answers.ts'
import { closeWatched, openWatched, skipReason } from './chromium.ts'
import type { Answer } from './page-server.ts'
import { screenshots, setUpOpenPage } from './set-up-page.ts'
import * as fixtures from './wire-fixtures.ts'

const path = `incidents/${fixtures.incident.id}`

const acknowledged: WireIncident = {
  ...fixtures.incident,
  state: 'acknowledged',
  stateSince: fixtures.at(0),
  stateBy: 'ana',
}

/** Keeps what is sent, and answers each act with the same. */
function withActs(sent: unknown[], answer: ReturnType<Answer>, keys: string[] = []): Answer {
  let latest: unknown = fixtures.incident
  return (at, posted, key = 'none') => {
    if (at === `${path}/acts`) {
      sent.push(posted)
      keys.push(key)
      if (answer?.status === undefined) latest = answer?.body
      return answer
    }
    return at === path ? { body: latest } : answerLoaded(at)
  }
}

describe.skipIf(skipReason !== undefined)('acts on an incident', () => {
  const at = setUpOpenPage()
  const { focused } = at
  let sent: unknown[]
  const open = async (): Promise<void> => {
    await at.page.goto(`${at.server.url}/${path}`)
    await at.page.locator('.acts').waitFor()
  }
  const button = (name: string) => at.page.getByRole('button', { name, exact: true })

  beforeEach(() => {
    sent = []
    at.server.answer = withActs(sent, { body: acknowledged })
  })

  test('asks for a name once, shows what the analyzer answered, and goes on by keyboard', async () => {
    await open()
    await at.page.keyboard.press('a')
    const dialog = at.page.getByRole('dialog', { name: 'Acknowledge' })
    await dialog.getByLabel('Your name').fill(' ana ')
    await at.page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(sent).toEqual([{ kind: 'acknowledge', by: 'ana' }])
    await at.page.getByText('Acknowledged by ana').waitFor()
    expect(await at.page.locator('.acts output').textContent()).toBe('Acknowledged.')
    expect(await button('Acknowledge').count()).toBe(0)
    // It is known now, over a reload too, and where nothing else is asked the act is done at once.
    await at.page.reload()
    await button('Reopen').click()
    await expect.poll(() => sent.length).toBe(2)
    expect(sent[1]).toEqual({ kind: 'reopen', by: 'ana' })
    expect(await at.page.getByRole('dialog').count()).toBe(0)
  })

  test('mutes for an hour, for a day, or until it is reopened', async () => {
    for (const [choice, until] of [
      ['For an hour', '2026-03-04T06:06:07.000Z'],
      ['For a day', '2026-03-05T05:06:07.000Z'],
      ['Until somebody reopens it', undefined],
    ] as const) {
      sent = []
      const body = { ...acknowledged, state: 'muted', mutedUntil: until ?? null }
      at.server.answer = withActs(sent, { body })
      await open()
      await at.page.keyboard.press('m')
      const dialog = at.page.getByRole('dialog', { name: 'Mute' })
      await dialog.getByLabel(choice).check()
      await dialog.getByLabel('Note').fill('until the deploy')
      await dialog.getByLabel('Your name').fill('ana')
      await at.page.keyboard.press('Control+Enter')
      await dialog.waitFor({ state: 'detached' })
      const act = { kind: 'mute', by: 'ana', note: 'until the deploy' }
      expect(sent).toEqual([until === undefined ? act : { ...act, until }])
      await at.page.getByText('until it is reopened').waitFor({
        state: until === undefined ? 'visible' : 'detached',
      })
    }
  })

  test('loses nothing that was typed where the analyzer refuses, and gives the focus back', async () => {
    const problem = {
      type: 'about:blank',
      title: 'Not kept',
      status: 503,
      detail: 'It could not be kept: database or disk is full.',
      hint: 'Nothing was changed. See the health line.',
    }
    at.server.answer = withActs(sent, { status: 503, body: problem })
    await open()
    await button('Add note').click()
    const dialog = at.page.getByRole('dialog', { name: 'Add note' })
    await dialog.getByLabel('Note').fill('asked the provider\nsecond line')
    await dialog.getByLabel('Your name').fill('ana')
    await dialog.getByRole('button', { name: 'Add note' }).click()
    const alert = dialog.getByRole('alert')
    expect(await alert.textContent()).toContain('database or disk is full')
    expect(await alert.textContent()).toContain('Nothing was changed.')
    expect(await at.page.locator('.acts output').textContent()).toBe('')
    await at.page.screenshot({ path: `${screenshots}/act-refused.png` })
    await at.page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await focused()).toBe('Add note')
    await at.page.keyboard.press('Enter')
    expect(await dialog.getByRole('textbox', { name: 'Note' }).inputValue()).toBe(
      'asked the provider\nsecond line',
    )
    at.server.answer = withActs(sent, { body: fixtures.incident })
    await dialog.getByRole('button', { name: 'Add note' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await focused()).toBe('Add note')
    expect(sent.at(-1)).toEqual({
      kind: 'note',
      by: 'ana',
      note: 'asked the provider\nsecond line',
    })
  })

  test('sends what was cut again under its key, and anything else under another', async () => {
    const keys: string[] = []
    const last = (): string | undefined => keys.at(-1)
    at.server.answer = withActs(sent, undefined, keys)
    await open()
    await at.page.keyboard.press('m')
    const dialog = at.page.getByRole('dialog', { name: 'Mute' })
    await dialog.getByLabel('Your name').fill('ana')
    const send = dialog.getByRole('button', { name: 'Mute' })
    await send.click()
    await dialog.getByText('Whether it was kept is not known. Send it again as it is').waitFor()
    // By itself it was sent a second time at once; a browser may have repeated each of them.
    expect(keys.length).toBeGreaterThanOrEqual(2)
    const [first = ''] = keys
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(keys)).toEqual(new Set([first]))
    await at.page.clock.setFixedTime(fixtures.NOW_MS + 60_000)
    const tried = keys.length
    await send.click()
    await expect.poll(() => keys.length).toBeGreaterThan(tried)
    await dialog.getByRole('button', { name: 'Sending' }).waitFor({ state: 'detached' })
    expect(last()).toBe(first)
    // The end of the mute is that of the first time: another one would be another act.
    expect(new Set(sent.map((act) => JSON.stringify(act))).size).toBe(1)
    const problem = { type: 'about:blank', title: 'Not in this state', status: 409, detail: 'd' }
    at.server.answer = withActs(sent, { status: 409, body: problem }, keys)
    await send.click()
    await dialog.getByText('Not in this state').waitFor()
    expect(last()).toBe(first)
    // That was an answer: whoever asks once more asks anew.
    at.server.answer = withActs(sent, { body: acknowledged }, keys)
    await send.click()
    await dialog.waitFor({ state: 'detached' })
    expect(last()).not.toBe(first)
  })

  test('sends other words under another key, though the first were cut', async () => {
    const keys: string[] = []
    at.server.answer = withActs(sent, undefined, keys)
    await open()
    await at.page.keyboard.press('n')
    const dialog = at.page.getByRole('dialog', { name: 'Add note' })
    await dialog.getByLabel('Note').fill('one')
    await dialog.getByLabel('Your name').fill('ana')
    await at.page.keyboard.press('Control+Enter')
    await dialog.getByText('Whether it was kept is not known').waitFor()
    at.server.answer = withActs(sent, { body: fixtures.incident }, keys)
    await dialog.getByLabel('Note').fill('two')
    await at.page.keyboard.press('Control+Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(new Set(keys).size).toBe(2)
    expect(keys.at(-1)).not.toBe(keys[0])
  })

  test('asks for the text of a note and for a name before anything is sent', async () => {
    await open()
    await at.page.keyboard.press('n')
    const dialog = at.page.getByRole('dialog', { name: 'Add note' })
    await dialog.getByRole('button', { name: 'Add note' }).click()
    expect(await at.page.locator('textarea:invalid, input:invalid').count()).toBe(2)
    expect(sent).toEqual([])
  })

  test('tells the history: who, why, and what changed before it began', async () => {
    await open()
    const lines = await at.page.locator('.history > li > div').allTextContents()
    expect(lines).toEqual([
      'Change release 1.97.0 → 1.109.1',
      'Opened: its first request that is known',
      'Note by anaAsked the platform team to take the fallback out.',
    ])
  })

  for (const theme of ['light', 'dark'] as const) {
    test(`are accessible in the ${theme} theme, and fit a narrow screen`, async () => {
      const own = await openWatched(at.browser, { theme, width: 400, nowMs: fixtures.NOW_MS })
      await own.page.goto(`${at.server.url}/${path}`)
      await own.page.getByRole('button', { name: 'Mute' }).click()
      const dialog = own.page.getByRole('dialog', { name: 'Mute' })
      await dialog.waitFor()
      await own.page.screenshot({ path: `${screenshots}/act-mute-${theme}.png` })
      const { violations } = await new AxeBuilder({ page: own.page }).analyze()
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
      await own.page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      await own.page.screenshot({
        path: `${screenshots}/incident-400-${theme}.png`,
        fullPage: true,
      })
      await closeWatched(own)
    })
  }
})
