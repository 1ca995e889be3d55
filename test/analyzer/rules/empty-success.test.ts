import { testRule } from '../../support/test-rule.ts'

testRule('empty-success')
