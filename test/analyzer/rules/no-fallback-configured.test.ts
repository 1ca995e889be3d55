import { testRule } from '../../support/test-rule.ts'

testRule('no-fallback-configured')
