import { testRule } from '../../support/test-rule.ts'

testRule('correlated-fallback')
