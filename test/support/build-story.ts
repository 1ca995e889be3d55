import type { Attempt, Story } from '../../analyzer/story/story.ts'

const SECOND_NS = 1_000_000_000n

/** A failed chat request with one attempt; `over` says what is different about this one. */
export function buildStory(over: Partial<Story> = {}): Story {
  return {
    id: 'story-1',
    source: 'default',
    dialect: 'secondwind',
    api: 'chat',
    stream: true,
    route: 'claude-primary',
    caller: {},
    traceIds: ['0af7651916cd43dd8448eb211c80319c'],
    requestSpanId: '00000000000000a1',
    startTimeNs: 1_700_000_000n * SECOND_NS,
    endTimeNs: 1_700_000_002n * SECOND_NS,
    outcome: 'failed',
    attempts: [buildAttempt()],
    attemptsComplete: true,
    sureness: 'certain',
    fallbacks: { tried: false },
    continuations: [],
    client: { complete: false, errorShown: true, evidence: [] },
    gateway: { name: 'secondwind' },
    incomplete: false,
    indistinguishable: false,
    ...over,
  }
}

export function buildAttempt(over: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    kind: 'initial',
    route: 'claude-primary',
    deployment: 'claude-primary/1',
    provider: 'anthropic',
    model: 'claude-sonnet-4-6',
    status: 'failed',
    phase: 'mid_stream',
    reason: 'stream-cut',
    startTimeNs: 1_700_000_000n * SECOND_NS,
    endTimeNs: 1_700_000_001n * SECOND_NS,
    spanId: '00000000000000b1',
    evidence: [],
    ...over,
  }
}
