import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** The page of each class goes with the dashboard, as the text that it is: it works offline. */
function rulePages(): Plugin {
  const folder = fileURLToPath(new URL('../docs/rules', import.meta.url))
  return {
    name: 'rule-pages',
    apply: 'build',
    generateBundle() {
      for (const name of readdirSync(folder).filter((file) => file.endsWith('.md'))) {
        const fileName = `docs/rules/${name.replace(/\.md$/, '.txt')}`
        this.emitFile({ type: 'asset', fileName, source: readFileSync(`${folder}/${name}`) })
      }
    },
  }
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Absolute, because a reload of /incidents/inc-1 must find the same assets as /.
  base: '/',
  plugins: [react(), rulePages()],
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
