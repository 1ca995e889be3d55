import { testRule } from '../../support/test-rule.ts'

testRule('trace-incomplete')
