// Reads replayed cells with Vercel's `ai`, from the folder that it is installed in (argv 2).
// stdin: JSON lines {index, api, url}; stdout: JSON lines {index, name, kind, text, error}.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const installed = createRequire(join(process.argv[2] ?? '.', 'package.json'))
const load = (name) => import(pathToFileURL(installed.resolve(name)).href)
const { jsonSchema, streamText, tool } = await load('ai')
const { createOpenAI } = await load('@ai-sdk/openai')
const { createAnthropic } = await load('@ai-sdk/anthropic')

const MODELS = {
  chat: (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' }).chat('asked'),
  responses: (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' }).responses('asked'),
  messages: (url) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'none' })('asked'),
}

const parameters = { type: 'object', properties: {}, additionalProperties: true }
const tools = { get_weather: tool({ inputSchema: jsonSchema(parameters) }) }

/** What it calls an end that a provider said. */
const ENDS = new Set(['stop', 'length', 'tool-calls', 'content-filter'])

async function read({ api, url }) {
  let text = ''
  let finished = false
  try {
    const result = streamText({
      model: MODELS[api](url),
      prompt: 'Count to twenty-four.',
      maxRetries: 0,
      tools,
      onError: () => undefined,
    })
    for await (const part of result.fullStream) {
      if (part.type === 'error') throw part.error
      if (part.type === 'text-delta') text += part.text
      if (part.type === 'finish') finished = ENDS.has(part.finishReason)
    }
    return { kind: finished ? 'complete' : 'silent', text }
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error)
    return { kind: 'raised', text, error: said }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const cell = JSON.parse(line)
  const seen = await read(cell)
  process.stdout.write(`${JSON.stringify({ index: cell.index, name: 'ai', ...seen })}\n`)
}
