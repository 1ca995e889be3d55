import { testRule } from '../../support/test-rule.ts'

testRule('no-eligible-deployment')
