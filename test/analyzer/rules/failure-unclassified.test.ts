import { testRule } from '../../support/test-rule.ts'

testRule('failure-unclassified')
