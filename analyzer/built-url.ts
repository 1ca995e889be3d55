/** Of what is built: workers load compiled files only, whether or not this one is. */
export function builtUrl(path: string): URL {
  const toDist = import.meta.url.endsWith('.ts') ? '../dist/' : '../'
  return new URL(`${toDist}${path}`, import.meta.url)
}
