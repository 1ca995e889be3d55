// A container's HEALTHCHECK: exits 0 where the analyzer's page or the sidecar answers `/livez` at
// its usual port, or at those named: node scripts/health-check.mjs [PORT…]
const ports = process.argv.length > 2 ? process.argv.slice(2) : ['4319', '4100']
const ANSWER_WITHIN_MS = 2000

const answers = await Promise.all(ports.map(isAlive))
process.exit(answers.includes(true) ? 0 : 1)

async function isAlive(port) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/livez`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    return response.ok
  } catch {
    return false
  }
}
