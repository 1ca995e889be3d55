import { breach, numberOf, show, told } from './cell-facts.ts'
import type { Breach, Facts } from './cell-facts.ts'

/** What the client is told beside the answer's own words, held against what the spans say. */
export function* checkTold(facts: Facts): Generator<Breach> {
  yield* checkAttemptList(facts)
  yield* checkHeaders(facts)
  yield* checkSeams(facts)
  yield* checkServing(facts)
}

/** An error lists every attempt that failed, and is of the type that is recorded. */
function* checkAttemptList({ shown, refusal, complete, attempts, request }: Facts) {
  if (complete) return
  const [error = refusal ?? {}] = shown.errorObjects
  const wanted = attempts.map((span) => ({
    number: told(span, 'attempt.number'),
    deployment: told(span, 'attempt.deployment'),
    reason: told(span, 'failure.reason'),
    phase: told(span, 'failure.phase'),
    message: told(span, 'failure.message'),
  }))
  const listed = Array.isArray(error['attempts']) ? error['attempts'] : []
  const list = listed.map(({ number, deployment, reason, phase, message }) => ({
    number,
    deployment,
    reason,
    phase,
    message,
  }))
  if (show(list) !== show(wanted)) {
    yield breach('every attempt is told', `the error lists ${show(list)}, not ${show(wanted)}`)
  }
  if (error['type'] !== told(request, 'client.error_type')) {
    yield breach('every attempt is told', `an error of type ${show(error['type'])}`)
  }
}

/** Headers name the attempt that was under way when they went out. */
function* checkHeaders({ recorded, attempts, request }: Facts) {
  const { headers, statusCode } = recorded.answer
  const number = Number(headers['x-secondwind-attempts'])
  const deployment = told(attempts[number - 1], 'attempt.deployment')
  if (headers['x-secondwind-deployment'] !== deployment) {
    yield breach(
      'every attempt is told',
      `headers name ${show(headers['x-secondwind-deployment'])}`,
    )
  }
  const isHeld = told(request, 'header_hold_expired') !== true
  const first = attempts.findIndex((span) => numberOf(span, 'delivered.chars') > 0) + 1
  const wanted = statusCode === 200 && first > 0 ? first : attempts.length
  if (isHeld && number !== wanted) {
    yield breach('every attempt is told', `headers count ${number} attempts, not ${wanted}`)
  }
}

/** A rescue behind content is never invisible: each seam has a comment, and both say the same. */
function* checkSeams({ shown, recorded, attempts, complete }: Facts) {
  const comments = shown.comments.filter((comment) => comment.startsWith('secondwind seam '))
  const wanted = recorded.spans
    .filter((span) => told(span, 'seam.verified') !== undefined)
    .toSorted((a, b) => numberOf(a, 'attempt.number') - numberOf(b, 'attempt.number'))
    .map((span) => {
      const attempt = attempts[numberOf(span, 'attempt.number') - 1]
      return [
        'secondwind seam',
        `attempt=${show(told(span, 'attempt.number'))}`,
        `strategy=${String(told(span, 'fallback.strategy'))}`,
        `verified=${show(told(span, 'seam.verified'))}`,
        ...(told(span, 'seam.aligned') === true ? ['aligned=true'] : []),
        `model=${attempt?.name.replace(/^chat /, '')}`,
      ].join(' ')
    })
  if (comments.join('\n') !== wanted.join('\n')) {
    yield breach('every seam is told', `${show(comments)}, the spans say ${show(wanted)}`)
  }
  const first = attempts.findIndex((span) => numberOf(span, 'delivered.chars') > 0)
  const isRescued = complete && first !== -1 && first < attempts.length - 1
  if (isRescued && comments.length === 0) {
    yield breach('every seam is told', 'another target went on, and nobody was told')
  }
}

const TERMINALS = {
  chat: { text: 'stop', call: 'tool_calls' },
  messages: { text: 'end_turn', call: 'tool_use' },
  responses: { text: 'completed', call: 'completed' },
} as const

/** The model of the envelope's target; the tokens of the target that ended the answer. */
function* checkServing(facts: Facts) {
  const { cell, shown, attempts, request, complete, callsTool, isEmpty } = facts
  const agree = 'one model, one count of tokens' as const
  if (complete || shown.text !== '' || shown.toolCalls.length > 0) {
    const opened = attempts.find((span) => numberOf(span, 'delivered.chars') > 0) ?? attempts.at(-1)
    const wanted = opened?.attributes.get('gen_ai.response.model')
    const models = [...shown.models]
    if (models.length !== 1 || models[0] !== wanted || told(request, 'client.model') !== wanted) {
      yield breach(agree, `the answer is of ${show(models)}, its target of ${show(wanted)}`)
    }
  }
  if (!complete) return
  const terminal = TERMINALS[cell.client][callsTool && !isEmpty ? 'call' : 'text']
  if (shown.terminals[0] !== terminal) {
    yield breach('made-up terminator', `it ended as ${show(shown.terminals[0])}`)
  }
  if (shown.usages === 0) return
  const serving = attempts.at(-1)?.attributes
  const reported = ['input', 'output'].map((kind) => serving?.get(`gen_ai.usage.${kind}_tokens`))
  const tokens = [shown.tokens.input, shown.tokens.output]
  // Messages counts its input at the beginning; a last count without it repeats nothing.
  const isSame = tokens.every((count, at) => count === undefined || count === reported[at])
  if (!isSame) yield breach(agree, `tokens are ${show(tokens)}, reported ${show(reported)}`)
}
