import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { CELLS } from '../matrix/cells.ts'
import { runMatrix } from '../matrix/run-matrix.ts'
import type { RecordedCell } from '../matrix/run-matrix.ts'
import { readStream } from '../matrix/read-stream.ts'
import { startReplayServer } from '../matrix/sdk-reads.ts'
import type { SdkRead } from '../matrix/sdk-reads.ts'

/**
 * The fault matrix, read by clients that no test in Node 20 can hold: the official Python packages,
 * and Vercel's `ai`. Whoever they are, they have the whole answer or they raise.
 * `npm run test:interop` installs them and says where they are.
 */

interface Program {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Ways in which it reads a cell. */
  readonly readers: number
}

const PYTHON = process.env['SECONDWIND_INTEROP_PYTHON']
const NODE = process.env['SECONDWIND_INTEROP_NODE']
const PACKAGES = process.env['SECONDWIND_INTEROP_PACKAGES'] ?? ''

const PROGRAMS: readonly Program[] = [
  ...(PYTHON === undefined
    ? []
    : [{ name: 'Python', command: PYTHON, args: [pathOf('read-cells.py')], readers: 2 }]),
  ...(NODE === undefined
    ? []
    : [{ name: 'ai', command: NODE, args: [pathOf('read-cells.mjs'), PACKAGES], readers: 1 }]),
]

let cells: readonly RecordedCell[] = []
const reads = new Map<string, readonly SdkRead[]>()

beforeAll(async () => {
  cells = await runMatrix(CELLS)
  const server = await startReplayServer(cells.map(({ answer }) => answer))
  try {
    const told = await Promise.all(PROGRAMS.map((program) => readWith(program, server.url)))
    for (const [index, cell] of cells.entries()) {
      reads.set(
        cell.cell.path,
        told.flat().filter((read) => read.index === index),
      )
    }
  } finally {
    await server.stop()
  }
}, 600_000)

describe.each(CELLS)('$path', ({ path, client }) => {
  test('is complete or raised to every client', () => {
    const cell = cells.find((one) => one.cell.path === path)
    const { text, terminals } = readStream(client, isStream(cell) ? cell.answer.body : '')
    const truth = terminals.length > 0 ? { kind: 'complete', text } : { kind: 'raised' }

    const told = reads.get(path) ?? []
    expect(told).toEqual(
      PROGRAMS.flatMap(({ readers }) =>
        Array.from({ length: readers }, () => expect.objectContaining(truth)),
      ),
    )
  })
})

function isStream(cell: RecordedCell | undefined): cell is RecordedCell {
  return cell?.answer.statusCode === 200
}

type IndexedRead = SdkRead & { readonly index: number }

async function readWith(program: Program, url: string): Promise<readonly IndexedRead[]> {
  const child = spawn(program.command, [...program.args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const told: IndexedRead[] = []
  child.stdin.end(
    cells
      .map(({ cell }, index) => JSON.stringify({ index, api: cell.client, url: `${url}/${index}` }))
      .join('\n'),
  )
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(JSON.parse(line) as IndexedRead)
  }
  return told
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
