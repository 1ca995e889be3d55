import type { Model } from './contenders.ts'

/** One HTTP request as bytes on the wire; every contender is asked the same. */
export function toRequest(options: {
  readonly model: Model
  readonly stream: boolean
  readonly headers: Readonly<Record<string, string>>
}): string {
  const body = JSON.stringify({
    model: options.model,
    stream: options.stream,
    messages: [
      { role: 'system', content: 'You are a helpful assistant that answers in one sentence.' },
      { role: 'user', content: 'What is measured here, and what is it measured against?' },
    ],
  })
  const headers = Object.entries(options.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${headers.join('')}content-length: ${body.length}\r\n\r\n${body}`
}
