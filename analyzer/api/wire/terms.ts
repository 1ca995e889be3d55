export type WireOutcome = 'ok' | 'rescued' | 'failed' | 'cancelled' | 'rejected' | 'unknown'

export type WireSeverity = 'high' | 'medium' | 'info'

export type WireConfidence = 'certain' | 'likely'
