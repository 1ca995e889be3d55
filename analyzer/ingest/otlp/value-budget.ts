import { VALUE_DEPTH_MAX, VALUES_MAX } from '../limits.ts'
import { RejectedError } from './rejections.ts'

/** Made once: a hostile body can have each of a million spans rejected. */
const NESTED_TOO_DEEP = new RejectedError('nested-too-deep')
const TOO_MANY_VALUES = new RejectedError('too-many-values')

/** Counts attribute values, so that no body makes more than its share. */
export class ValueBudget {
  spent = 0
  /** References to a string table among them, which a trace has none of. */
  stringIndexes = 0

  reset(): void {
    this.spent = 0
    this.stringIndexes = 0
  }

  /** Counts what was read under another budget; whether it was too much is told later. */
  add({ spent, stringIndexes }: Pick<ValueBudget, 'spent' | 'stringIndexes'>): void {
    this.spent += spent
    this.stringIndexes += stringIndexes
  }

  /** Called before each value is read. */
  spend(depth: number): void {
    if (depth > VALUE_DEPTH_MAX) throw NESTED_TOO_DEEP
    this.spendMany(1)
  }

  isSpent(): boolean {
    return this.spent >= VALUES_MAX
  }

  spendMany(values: number): void {
    this.spent += values
    if (this.spent > VALUES_MAX) throw TOO_MANY_VALUES
  }
}
