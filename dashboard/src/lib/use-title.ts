import { useEffect } from 'react'

/** The tab says which view it is: ten open tabs are told apart by this alone. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Secondwind' : `${title} · Secondwind`
  }, [title])
}
