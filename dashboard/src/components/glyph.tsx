import type { ReactNode } from 'react'

/** Shapes on a 16 × 16 grid. Each meaning has a shape of its own, so that none rests on colour. */
const PATHS = {
  check: 'M3.5 8.5l3 3 6-7',
  rescue: 'M2.5 5h4.5M9.5 11h4M7 5c2.5 0 0 6 2.5 6M11.5 8.5l2 2.5-2 2.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  leave: 'M3 8h8M8 4.5L11.5 8 8 11.5M14 3v10',
  block: 'M8 2a6 6 0 100 12A6 6 0 008 2zM4 4l8 8',
  question: 'M5.5 6a2.5 2.5 0 114 2c-.9.7-1.5 1-1.5 2M8 12.6v.01',
  triangle: 'M8 2.5L14.5 13.5H1.5zM8 6.5v3M8 11.6v.01',
  diamond: 'M8 1.8L14.2 8 8 14.2 1.8 8z',
  info: 'M8 2a6 6 0 100 12A6 6 0 008 2zM8 7.5v3.5M8 5v.01',
  dot: 'M8 3.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9z',
  ring: 'M8 3.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9z',
  again: 'M13 8a5 5 0 11-1.5-3.6M13 2.5v3h-3',
  mute: 'M2.5 6v4h2.5l3.5 3V3L5 6zM11 6l3 4M14 6l-3 4',
  note: 'M3.5 2.5h9v11h-9zM6 6h4M6 9h4',
  chevron: 'M6 4l4 4-4 4',
  copy: 'M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2',
  overview: 'M2.5 13.5v-5M6.2 13.5v-9M9.8 13.5V7M13.5 13.5V2.5',
  incidents: 'M8 2.5L14.5 13.5H1.5zM8 6.5v3M8 11.6v.01',
  requests: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  traces: 'M2.5 4h6M5 8h6.5M8 12h5.5',
  rules: 'M4 2.5h8v11H4zM6.5 6h3M6.5 9h3',
  system: 'M2.5 3.5h11v7.5h-11zM6 13.5h4',
  light:
    'M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
  dark: 'M13 9.6A5.5 5.5 0 016.4 3a5.5 5.5 0 106.6 6.6z',
  keyboard: 'M1.5 4.5h13v7h-13zM4 7v.01M6.7 7v.01M9.3 7v.01M12 7v.01M5 9.5h6',
} as const

export type GlyphName = keyof typeof PATHS

/** Decoration beside a word; the word carries the meaning for a screen reader. */
export function Glyph({ name }: { readonly name: GlyphName }): ReactNode {
  return (
    <svg className="glyph" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
