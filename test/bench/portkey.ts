import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { benchSource, cacheFolder, versionOf } from './places.ts'

export type Installed =
  | { readonly kind: 'installed'; readonly program: string }
  | { readonly kind: 'absent'; readonly reason: string }

const INSTALL_MS_MAX = 180_000

/**
 * Portkey's gateway, the incumbent in Node: the exact versions of `portkey/package.json`, installed
 * into the cache on first use. It is a yardstick and no dependency of ours.
 */
export function installPortkey(): Installed {
  const versions = benchSource('portkey/package.json')
  const folder = cacheFolder(`portkey-${versionOf(versions)}`)
  const program = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  if (existsSync(program)) return { kind: 'installed', program }
  mkdirSync(folder, { recursive: true })
  copyFileSync(versions, join(folder, 'package.json'))
  process.stderr.write('installing Portkey into the cache, once …\n')
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', args, { cwd: folder, timeout: INSTALL_MS_MAX })
  if (status === 0 && existsSync(program)) return { kind: 'installed', program }
  return { kind: 'absent', reason: `Portkey cannot be installed: \`npm ${args.join(' ')}\` fails` }
}
