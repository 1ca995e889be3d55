import type { ComponentPropsWithoutRef, MouseEvent, ReactNode } from 'react'
import { navigate } from '../lib/location.ts'
import { toPath, type Route } from '../lib/route.ts'

interface LinkProps extends Omit<ComponentPropsWithoutRef<'a'>, 'href' | 'onClick'> {
  readonly to: Route
  /** Makes the link a row that `j` and `k` stop at. */
  readonly row?: boolean
}

/** A real link: it opens in a new tab, is copied and is read aloud as one. */
export function Link({ to, row = false, children, ...rest }: LinkProps): ReactNode {
  const href = toPath(to)
  const open = (event: MouseEvent): void => {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
    if (event.button !== 0 || modified) return
    event.preventDefault()
    navigate(href)
  }
  return (
    <a {...rest} href={href} onClick={open} data-row={row ? '' : undefined}>
      {children}
    </a>
  )
}
