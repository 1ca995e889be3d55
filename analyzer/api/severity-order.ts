/** The worst first. */
export const SEVERITY_ORDER = { high: 0, medium: 1, info: 2 } as const
