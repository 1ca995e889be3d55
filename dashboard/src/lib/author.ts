import { useSyncExternalStore } from 'react'

/** Who acts here: asked once and kept by this browser. The analyzer knows tokens, not people. */
const STORAGE_KEY = 'secondwind.name'

const listeners = new Set<() => void>()
/** Storage may be switched off; the name then holds until the page is closed. */
let unkept = ''

/** Empty: nobody has said it yet. */
export function useAuthor(): string {
  return useSyncExternalStore(subscribe, readAuthor)
}

export function rememberAuthor(name: string): void {
  unkept = name
  try {
    localStorage.setItem(STORAGE_KEY, name)
  } catch {
    // It was remembered above.
  }
  for (const listener of listeners) listener()
}

function readAuthor(): string {
  try {
    return localStorage.getItem(STORAGE_KEY) ?? unkept
  } catch {
    return unkept
  }
}

/** Another tab may be told it, too. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    removeEventListener('storage', listener)
  }
}
