import { expect, test } from 'vitest'
import { Secret } from '../../../collector/config/secret.ts'
import { createStateHomes, isSameHome } from '../../../collector/routing/state-homes.ts'

/** Which target keeps what a next turn names is bounded as everything is (I9). */

const home = (apiBase: string, key = 'sk-one') => ({ apiBase, apiKey: new Secret(key) })

test('only so many ids are remembered; the one that was named longest ago goes first', () => {
  const homes = createStateHomes(2)
  homes.note(['resp_1'], home('https://one'))
  homes.note(['resp_2'], home('https://two'))
  homes.note(['resp_1', 'resp_3'], home('https://one'))

  expect(homes.homeOf(['resp_1'])).toMatchObject({ apiBase: 'https://one' })
  expect(homes.homeOf(['resp_2'])).toBeUndefined()
  expect(homes.homeOf(['resp_2', 'resp_3'])).toMatchObject({ apiBase: 'https://one' })
})

test('what is too long for an id, or is none, is not kept', () => {
  const homes = createStateHomes()
  homes.note(['', 'x'.repeat(257)], home('https://one'))

  expect(homes.homeOf(['', 'x'.repeat(257)])).toBeUndefined()
})

test('a home is an origin and a key, whatever the path', () => {
  expect(isSameHome(home('https://one/v1'), home('https://one/openai/v1'))).toBe(true)
  expect(isSameHome(home('https://one'), home('https://one', 'sk-two'))).toBe(false)
  expect(isSameHome(home('https://one'), home('http://one'))).toBe(false)
  expect(isSameHome({ apiBase: 'http://one' }, { apiBase: 'http://one' })).toBe(true)
})
