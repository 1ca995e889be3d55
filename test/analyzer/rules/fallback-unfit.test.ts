import { testRule } from '../../support/test-rule.ts'

testRule('fallback-unfit')
