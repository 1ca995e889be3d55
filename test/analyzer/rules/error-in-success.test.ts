import { testRule } from '../../support/test-rule.ts'

testRule('error-in-success')
