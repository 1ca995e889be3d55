import { expect, test } from 'vitest'
import { capabilityOf } from '../../../collector/continuation/capability.ts'
import { modelTraits } from '../../../collector/continuation/model-traits.ts'
import { thinksFirst } from '../../../collector/continuation/thinks-first.ts'

const azure = { id: 'a', provider: 'azure', apiBase: 'https://x.openai.azure.com', model: 'ours' }

test('a deployment of any name is what its base model is', () => {
  const reasoner = { ...azure, baseModel: 'azure/o3' }
  expect(thinksFirst(reasoner)).toBe(true)
  expect(modelTraits(reasoner).acceptsSampling).toBe(false)
  expect(capabilityOf(reasoner).prefill).toBe('no')
})

test('and what its own name says where none is given', () => {
  expect(thinksFirst({ ...azure, model: 'o3-mini' })).toBe(true)
  expect(thinksFirst({ ...azure })).toBe(false)
})
