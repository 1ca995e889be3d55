/** Waits for a condition, not for a time; fails with its last error when it never comes true. */
export async function waitUntil<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  what = 'the condition',
): Promise<T> {
  const deadline = Date.now() + 15_000
  for (;;) {
    const value = await check()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`${what} did not come true within 15 s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
