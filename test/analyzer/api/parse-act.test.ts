import { describe, expect, test } from 'vitest'

import { parseAct } from '../../../analyzer/api/parse-act.ts'
import { BY_CHARS_MAX, NOTE_CHARS_MAX } from '../../../analyzer/incidents/act.ts'

const NOW_MS = Date.UTC(2026, 2, 4, 5, 6, 7)

const detailOf = (body: unknown): string => {
  const parsed = parseAct(body)
  return parsed.kind === 'invalid' ? parsed.detail : 'parsed'
}

describe('parseAct', () => {
  test('reads what was sent, without blanks around it', () => {
    expect(parseAct({ kind: 'note', by: ' ana ', note: ' one\r\ntwo\t ' })).toEqual({
      kind: 'parsed',
      value: { kind: 'note', by: 'ana', note: 'one\ntwo' },
    })
    expect(parseAct({ kind: 'resolve', by: 'ana', note: '', until: null })).toEqual({
      kind: 'parsed',
      value: { kind: 'resolve', by: 'ana' },
    })
    const muted = { kind: 'mute', by: 'Ana Lí, on call', until: '2026-03-04T07:06:07+01:00' }
    expect(parseAct(muted)).toEqual({
      kind: 'parsed',
      value: { kind: 'mute', by: 'Ana Lí, on call', untilMs: NOW_MS + 3_600_000 },
    })
  })

  test('takes out of a note what cannot be seen', () => {
    const note = 'a\u202eb\u0000c\u001b[31md\u200be'
    expect(parseAct({ kind: 'note', by: 'ana', note })).toMatchObject({
      value: { note: 'abc[31mde' },
    })
  })

  test.each<[unknown, string]>([
    [undefined, 'JSON object'],
    ['resolve', 'JSON object'],
    [[], 'JSON object'],
    [{}, 'kind must be one of acknowledge, resolve, reopen, mute, note'],
    [{ kind: 'constructor', by: 'ana' }, 'kind must be'],
    [{ kind: 'resolve' }, 'by must say who'],
    [{ kind: 'resolve', by: '  ' }, 'by must say who'],
    [{ kind: 'resolve', by: 7 }, 'by must say who'],
    [{ kind: 'resolve', by: 'a\nb' }, 'by must say who'],
    [{ kind: 'resolve', by: 'a\u202eb' }, 'by must say who'],
    [{ kind: 'resolve', by: 'a'.repeat(BY_CHARS_MAX + 1) }, 'by must say who'],
    [
      { kind: 'resolve', by: 'ana', who: 'bo' },
      'there is no "who": expected kind, by, note, until',
    ],
    [{ kind: 'note', by: 'ana' }, 'a note needs a text'],
    [{ kind: 'note', by: 'ana', note: ' \n' }, 'a note needs a text'],
    [{ kind: 'note', by: 'ana', note: 7 }, 'note must be a text'],
    [{ kind: 'note', by: 'ana', note: 'x'.repeat(NOTE_CHARS_MAX + 1) }, 'note must be a text'],
    [{ kind: 'resolve', by: 'ana', until: '2027-01-01T00:00:00Z' }, 'for kind "mute" alone'],
    [{ kind: 'mute', by: 'ana', until: 'tomorrow' }, 'until must be a time'],
    [{ kind: 'mute', by: 'ana', until: '2026-13-01T00:00:00Z' }, 'until must be a time'],
    [{ kind: 'mute', by: 'ana', until: 1_800_000_000 }, 'until must be a time'],
  ])('says what is wrong with %j', (body, says) => {
    expect(detailOf(body)).toContain(says)
  })

  test('is not misled by a name that objects have', () => {
    expect(detailOf(JSON.parse('{"__proto__":{"kind":"resolve"},"by":"ana"}'))).toContain(
      '__proto__',
    )
  })
})
