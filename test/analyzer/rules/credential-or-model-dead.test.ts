import { testRule } from '../../support/test-rule.ts'

testRule('credential-or-model-dead')
