import { testWindowRule } from '../../../support/test-window-rule.ts'

testWindowRule('cooldown-missed')
