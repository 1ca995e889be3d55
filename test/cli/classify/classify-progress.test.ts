import { PassThrough } from 'node:stream'

import { expect, test } from 'vitest'

import { ClassifyProgress } from '../../../cli/classify/classify-progress.ts'

function watch({ watched, table }: { readonly watched: boolean; readonly table: boolean }) {
  let nowMs = 1000
  const stderr = Object.assign(new PassThrough(), { isTTY: watched })
  const stdout = Object.assign(new PassThrough(), { isTTY: table })
  const progress = new ClassifyProgress({ stdout, stderr }, { files: 1200, now: () => nowMs })
  const shown = (afterMs: number): string => {
    nowMs += afterMs
    progress.show(7, 'b.json')
    return String(stderr.read() ?? '')
  }
  return { progress, shown, stderr }
}

test('shows how many of how many files, a few times a second, and is gone at the end', () => {
  const { progress, shown, stderr } = watch({ watched: true, table: false })
  expect(shown(100)).toBe('')
  expect(shown(100)).toContain('7 of 1,200 files: b.json')
  expect(shown(100)).toBe('')
  progress.clear()
  expect(String(stderr.read())).toBe('\r\u001B[K')
})

test('is silent where nobody watches, and where the table shows it by itself', () => {
  expect(watch({ watched: false, table: false }).shown(5000)).toBe('')
  expect(watch({ watched: true, table: true }).shown(5000)).toBe('')
})
