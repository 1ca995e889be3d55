import { testRule } from '../../support/test-rule.ts'

testRule('served-model-misreported')
