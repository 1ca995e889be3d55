import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Absolute, because a reload of /incidents/inc-1 must find the same assets as /.
  base: '/',
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('../dist/dashboard', import.meta.url)),
    emptyOutDir: true,
    // The first releases that know light-dark(): below them the style sheet would be rewritten.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The Content-Security-Policy allows data: for images only, and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // `vite dashboard` beside a running analyzer: the page is rebuilt on save, the data is real.
  server: { proxy: { '/api': 'http://127.0.0.1:4319' } },
})
