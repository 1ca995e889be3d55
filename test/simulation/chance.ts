import { seededRandom } from '../../demo/random.ts'

/** Draws of one seed: the same seed draws the same, in whatever order its parts are asked. */
export interface Chance {
  readonly random: () => number
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number
  pick<T>(items: readonly [T, ...T[]]): T
  happens(probability: number): boolean
}

export function createChance(seed: number): Chance {
  const random = seededRandom(seed)
  const between = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1))
  return {
    random,
    between,
    pick: (items) => items[between(0, items.length - 1)] ?? items[0],
    happens: (probability) => random() < probability,
  }
}
