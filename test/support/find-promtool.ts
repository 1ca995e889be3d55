import { spawnSync } from 'node:child_process'

/** Prometheus' own checker: as `npm run test:promtool` names it, or as installed; else empty. */
export function findPromtool(): string {
  const command = process.env['SECONDWIND_PROMTOOL'] ?? 'promtool'
  return spawnSync(command, ['--version']).status === 0 ? command : ''
}

/** Why a test that needs it does not run. */
export const NO_PROMTOOL = 'promtool is not installed; npm run test:promtool builds it'
