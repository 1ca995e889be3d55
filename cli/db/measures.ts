import { CommandError } from '../command-error.ts'

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const
const SIZES: Readonly<Record<string, number>> = {
  b: 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
}
const HOUR_MS = 3_600_000
const AGES: Readonly<Record<string, number>> = {
  m: 60_000,
  h: HOUR_MS,
  d: 24 * HOUR_MS,
  w: 7 * 24 * HOUR_MS,
}

/** For people: `12.3 MiB`. */
export function showBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`
}

export function showCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** `1 file`, `2,000 files` */
export function showPlural(count: number, noun: string): string {
  return `${showCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** To the second: no file is younger. */
export function showTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

export function parseSize(flag: string, text: string): number {
  return parse(text, { flag, units: SIZES, expected: 'a size such as 500MiB or 2GiB' })
}

export function parseAge(flag: string, text: string): number {
  return parse(text, { flag, units: AGES, expected: 'an age such as 12h, 7d or 2w' })
}

interface Measure {
  readonly flag: string
  readonly units: Readonly<Record<string, number>>
  readonly expected: string
}

function parse(text: string, { flag, units, expected }: Measure): number {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{1,3})$/iu.exec(text) ?? []
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined
  if (number === undefined || factor === undefined) {
    throw new CommandError('USAGE', {
      message: `--${flag}: expected ${expected}, found "${text}"`,
      hint: `units are ${Object.keys(units).join(', ')}`,
    })
  }
  return Math.round(Number(number) * factor)
}
