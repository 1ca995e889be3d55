/** What a row must reach, worked out from what stands in its columns. */
export interface Goal<Column extends string> {
  readonly limit: number
  readonly isMinimum: boolean
  readonly text: string
  /** Undefined where something that it is measured against is missing. */
  readonly of: (values: Values<Column>) => number | undefined
}

export type Values<Column extends string> = ReadonlyMap<Column, number>

export function atLeast<Column extends string>(
  limit: number,
  text: string,
  of: Goal<Column>['of'],
): Goal<Column> {
  return { limit, isMinimum: true, text, of }
}

export function atMost<Column extends string>(
  limit: number,
  text: string,
  of: Goal<Column>['of'],
): Goal<Column> {
  return { limit, isMinimum: false, text, of }
}

/** One column against the fastest of several others. */
export function ratio<Column extends string>(
  values: Values<Column>,
  of: Column,
  to: readonly Column[],
): number | undefined {
  const value = values.get(of)
  const yardsticks = to.map((name) => values.get(name)).filter((one) => one !== undefined)
  return value === undefined || yardsticks.length === 0
    ? undefined
    : value / Math.max(...yardsticks)
}
