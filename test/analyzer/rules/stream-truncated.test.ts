import { testRule } from '../../support/test-rule.ts'

testRule('stream-truncated')
