import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { startNavigation } from './lib/location.ts'
import { startShortcuts } from './lib/use-shortcuts.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/frame.css'
import './styles/marks.css'
import './styles/lists.css'
import './styles/overview.css'
import './styles/incident.css'
import './styles/trace.css'

startNavigation()
startShortcuts()

const root = document.querySelector('#root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
