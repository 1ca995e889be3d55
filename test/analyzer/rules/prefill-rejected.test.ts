import { testRule } from '../../support/test-rule.ts'

testRule('prefill-rejected')
