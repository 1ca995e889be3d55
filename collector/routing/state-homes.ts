import type { DeploymentConfig } from '../config/config.ts'

/** Where state lives: with one provider, under one key. */
export type Home = Pick<DeploymentConfig, 'apiBase' | 'apiKey'>

/**
 * Which home keeps what a client's next turn may name: an earlier response, a conversation. Of a
 * route with several keys only one knows it, and a draw among them would lose every other turn.
 * What is forgotten, or was said to another router, is looked for by asking.
 */
export interface StateHomes {
  note(ids: readonly string[], home: Home): void
  /** Of the first of `ids` that is known. */
  homeOf(ids: readonly string[]): Home | undefined
}

/** An hour of turns at 14 a second, in some 10 MB. */
const ENTRIES_MAX = 50_000
/** Providers' ids have some 60 characters; what is longer is not kept, for it is no id. */
const ID_CHARS_MAX = 256

export function createStateHomes(entriesMax = ENTRIES_MAX): StateHomes {
  const homes = new Map<string, Home>()
  return {
    note(ids, { apiBase, apiKey }) {
      const home: Home = { apiBase, ...(apiKey !== undefined && { apiKey }) }
      for (const id of ids) {
        if (id === '' || id.length > ID_CHARS_MAX) continue
        // Deleted first, so that the map's order stays the order of use.
        homes.delete(id)
        homes.set(id, home)
        if (homes.size > entriesMax) forgetOldest(homes)
      }
    },
    homeOf(ids) {
      for (const id of ids) {
        const home = homes.get(id)
        if (home !== undefined) return home
      }
      return undefined
    },
  }
}

export function isSameHome(one: Home, other: Home): boolean {
  return (
    new URL(one.apiBase).origin === new URL(other.apiBase).origin &&
    one.apiKey?.reveal() === other.apiKey?.reveal()
  )
}

function forgetOldest(homes: Map<string, Home>): void {
  for (const oldest of homes.keys()) {
    homes.delete(oldest)
    return
  }
}
