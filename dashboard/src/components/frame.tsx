import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, type ReactNode } from 'react'
import { goUp, lastNavigation, navigate, rememberedScroll } from '../lib/location.ts'
import { ALL_REQUESTS, toPath, type Route } from '../lib/route.ts'
import { cycleTheme } from '../lib/theme.ts'
import { moveRowFocus, useShortcuts } from '../lib/use-shortcuts.ts'
import { HelpDialog } from './help-dialog.tsx'
import { Rail } from './rail.tsx'

interface FrameProps {
  readonly route: Route
  readonly children: ReactNode
}

/** What stands around every view: skip link, rail, keyboard, help; and where the focus goes. */
export function Frame({ route, children }: FrameProps): ReactNode {
  const main = useRef<HTMLElement>(null)
  const help = useRef<HTMLDialogElement>(null)
  const openHelp = useCallback(() => help.current?.showModal(), [])
  const path = toPath(route)
  const view = viewOf(route)
  const above = parentOf(route)
  const handlers = useMemo(
    () => ({
      help: openHelp,
      overview: () => navigate('/'),
      incidents: () => navigate('/incidents'),
      requests: () => navigate('/requests'),
      traces: () => navigate('/traces'),
      rules: () => navigate('/rules'),
      next: () => moveRowFocus(1),
      previous: () => moveRowFocus(-1),
      search: focusSearch,
      theme: cycleTheme,
      ...(above === undefined ? {} : { back: () => goUp(above) }),
    }),
    [above, openHelp],
  )
  useShortcuts(handlers, 'frame')

  const lastPath = useRef(path)
  useLayoutEffect(() => {
    if (lastPath.current === path) return
    lastPath.current = path
    const kind = lastNavigation()
    if (kind === 'back') scrollTo(0, rememberedScroll())
    if (kind === 'push') scrollTo(0, 0)
  }, [path])

  const lastView = useRef(view)
  useEffect(() => {
    if (lastView.current === view) return
    lastView.current = view
    // A screen reader goes on reading at the new view, not at the link that led to it.
    if (lastNavigation() === 'push') main.current?.focus({ preventScroll: true })
  }, [view])

  return (
    <div className="frame">
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        Skip to the content
      </a>
      <Rail route={route} onHelp={openHelp} />
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <HelpDialog dialog={help} />
    </div>
  )
}

/** Filters and selections are not views of their own: changing them must not move the focus. */
function viewOf(route: Route): string {
  return 'id' in route ? `${route.page}/${route.id}` : route.page
}

function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>('main input[type=search]')
  field?.focus()
  field?.select()
}

function parentOf(route: Route): string | undefined {
  if (route.page === 'incident') return '/incidents'
  if (route.page === 'trace') return toPath(ALL_REQUESTS)
  return undefined
}
