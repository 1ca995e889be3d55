import type { Api } from '../vocabulary.ts'
import type { StopKind } from './event.ts'

/**
 * Why a target's stop cannot be told to a client of another protocol: a word that nobody knows may
 * mean that the answer is cut, and `pause_turn` means that it is not over.
 */
export function unsayableStop(
  clientApi: Api,
  stop: { readonly native: string; readonly stop: StopKind } | undefined,
): string | undefined {
  if (stop?.stop !== 'other' && stop?.stop !== 'paused') return undefined
  return `the target stopped with "${stop.native}", which ${clientApi} has no word for`
}
