/**
 * Counts tool calls from 0 whatever a server puts into `index`: Gemini's compatible endpoint leaves
 * it out, others use 0 for every parallel call and tell them apart by id only.
 */
export interface ToolIndex {
  resolve(index: number | undefined, id: string | undefined): ToolPosition
}

interface ToolPosition {
  readonly index: number
  readonly isNew: boolean
}

export function createToolIndex(): ToolIndex {
  const current = new Map<number, { readonly index: number; readonly id: string | undefined }>()
  let count = 0
  let last: number | undefined
  return {
    resolve(index, id) {
      const key = index ?? (id === undefined ? (last ?? 0) : -1)
      last = key
      const known = current.get(key)
      // Some servers repeat the id on every fragment; only another one is another call.
      const isOther = id !== undefined && id !== '' && known?.id !== undefined && known.id !== id
      if (known !== undefined && !isOther) return { index: known.index, isNew: false }
      const position = { index: count, isNew: true }
      current.set(key, { index: count, id })
      count += 1
      return position
    },
  }
}
