import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { buildPage } from './page-server.ts'

/** What a pager on a bad hotel line has to load before it shows anything. */
const SCRIPT_GZIP_BYTES_MAX = 150 * 1024
/** Unpacked; a quarter of it is sent. Each screen's states, themes and widths are in it. */
const STYLE_BYTES_MAX = 36 * 1024

const assets = fileURLToPath(new URL('../../dist/dashboard/assets', import.meta.url))

function read(extension: string): Buffer {
  const files = readdirSync(assets).filter((name) => name.endsWith(extension))
  return Buffer.concat(files.map((name) => readFileSync(`${assets}/${name}`)))
}

beforeAll(buildPage)

test('the scripts stay below 150 KB and the style sheet below 36 KB', () => {
  const script = gzipSync(read('.js')).length
  expect(script).toBeGreaterThan(10_000)
  expect(script).toBeLessThan(SCRIPT_GZIP_BYTES_MAX)
  expect(read('.css').length).toBeGreaterThan(1000)
  expect(read('.css').length).toBeLessThan(STYLE_BYTES_MAX)
})
