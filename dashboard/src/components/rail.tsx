import type { ReactNode } from 'react'
import { ALL_REQUESTS, OPEN_INCIDENTS, OVERVIEW, type Route } from '../lib/route.ts'
import { cycleTheme, useTheme } from '../lib/theme.ts'
import { Glyph, type GlyphName } from './glyph.tsx'
import { HealthMark } from './health-mark.tsx'
import { Link } from './link.tsx'

interface Entry {
  readonly to: Route
  readonly label: string
  readonly glyph: GlyphName
  readonly keys: string
  readonly pages: readonly Route['page'][]
}

const ENTRIES: readonly Entry[] = [
  {
    to: OVERVIEW,
    label: 'Overview',
    glyph: 'overview',
    keys: 'g o',
    pages: ['overview'],
  },
  {
    to: OPEN_INCIDENTS,
    label: 'Incidents',
    glyph: 'incidents',
    keys: 'g i',
    pages: ['incidents', 'incident'],
  },
  { to: ALL_REQUESTS, label: 'Requests', glyph: 'requests', keys: 'g r', pages: ['requests'] },
  {
    to: { page: 'traces' },
    label: 'Traces',
    glyph: 'traces',
    keys: 'g t',
    pages: ['traces', 'trace'],
  },
  { to: { page: 'rules' }, label: 'Rules', glyph: 'rules', keys: 'g u', pages: ['rules'] },
]

interface RailProps {
  readonly route: Route
  readonly onHelp: () => void
}

export function Rail({ route, onHelp }: RailProps): ReactNode {
  const theme = useTheme()
  return (
    <header className="rail">
      <Link className="brand" to={OVERVIEW}>
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
          <path className="brand-first" d="M3 8h8" />
          <path className="brand-break" d="M14.5 8h.01" />
          <path className="brand-second" d="M10 16h11" />
        </svg>
        Secondwind
      </Link>
      <nav aria-label="Main">
        <ul>
          {ENTRIES.map(({ to, label, glyph, keys, pages }) => (
            <li key={label}>
              <Link to={to} aria-current={pages.includes(route.page) ? 'page' : undefined}>
                <Glyph name={glyph} />
                <span>{label}</span>
                <kbd aria-hidden="true">{keys}</kbd>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="rail-foot">
        <HealthMark />
        <div className="rail-buttons">
          <button
            type="button"
            onClick={cycleTheme}
            aria-label={`Theme: ${theme}. Change it`}
            title={`Theme: ${theme} (d)`}
          >
            <Glyph name={theme} />
          </button>
          <button
            type="button"
            onClick={onHelp}
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
          >
            <Glyph name="keyboard" />
          </button>
        </div>
      </div>
    </header>
  )
}
