import { testRule } from '../../support/test-rule.ts'

testRule('aresponses-fallback-bypassed')
