import { arrayOf, isObject, own, stringOf, without } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { ChatDialect, ChatLimitField } from './protocol.ts'
import { fitToolId } from './tool-id.ts'
import type { ToolIdForm } from './tool-id.ts'

const LIMIT_FIELDS: readonly ChatLimitField[] = ['max_tokens', 'max_completion_tokens']

/**
 * A Chat body as this server takes it. Whoever copied Chat copied it at another time:
 * what one server wrote into a conversation, the next one may refuse. The same object where there
 * is nothing to change.
 */
export function fitChatBody(body: JsonObject, dialect: ChatDialect): JsonObject {
  const { refusedLimitField, toolIdForm } = dialect
  const limited = refusedLimitField === undefined ? body : withoutLimit(body, refusedLimitField)
  return toolIdForm === undefined ? limited : withToolIds(limited, toolIdForm)
}

/** The limit by its other word; one limit only, for two are refused as well. */
function withoutLimit(body: JsonObject, refused: ChatLimitField): JsonObject {
  const value = own(body, refused)
  if (value === undefined) return body
  const kept = without(body, new Set([refused]))
  const word = LIMIT_FIELDS.find((name) => name !== refused)
  return word === undefined || own(body, word) !== undefined ? kept : { ...kept, [word]: value }
}

function withToolIds(body: JsonObject, form: ToolIdForm): JsonObject {
  const messages = arrayOf(body, 'messages') ?? []
  const fitted = fitEach(messages, (message) => fitMessage(message, form))
  return fitted === messages ? body : { ...body, messages: fitted }
}

function fitMessage(message: JsonObject, form: ToolIdForm): JsonObject {
  const calls = arrayOf(message, 'tool_calls')
  if (calls === undefined) return fitField(message, 'tool_call_id', form)
  const fitted = fitEach(calls, (call) => fitField(call, 'id', form))
  return fitted === calls ? message : { ...message, tool_calls: fitted }
}

function fitField(object: JsonObject, field: string, form: ToolIdForm): JsonObject {
  const id = stringOf(object, field)
  if (id === undefined) return object
  const fitted = fitToolId(id, form)
  return fitted === id ? object : { ...object, [field]: fitted }
}

/** The same list where nothing in it changed: what the client wrote is then sent as it wrote it. */
function fitEach(
  list: readonly JsonValue[],
  fit: (object: JsonObject) => JsonObject,
): readonly JsonValue[] {
  const fitted = list.map((one) => (isObject(one) ? fit(one) : one))
  return fitted.every((one, index) => one === list[index]) ? list : fitted
}
