import { expect, test } from 'vitest'
import { describeCaller } from '../../../../dashboard/src/lib/caller.ts'

test('a caller is a team and a key by its name, else by the start of its hash', () => {
  expect(describeCaller({ team: 'search', keyAlias: 'prod', keyHash: 'abc' })).toBe('search / prod')
  expect(describeCaller({ team: 'search' })).toBe('search')
  expect(describeCaller({ keyHash: '0123456789abcdef' })).toBe('key 0123456789ab')
  expect(describeCaller({ keyHash: 'proxy_master_key' })).toBe('key proxy_master_key')
  expect(describeCaller({})).toBeUndefined()
})
