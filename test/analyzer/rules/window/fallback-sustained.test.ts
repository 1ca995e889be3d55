import { testWindowRule } from '../../../support/test-window-rule.ts'

testWindowRule('fallback-sustained')
