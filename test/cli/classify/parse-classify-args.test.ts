import { assert, describe, expect, test } from 'vitest'

import { parseClassifyArgs } from '../../../cli/classify/parse-classify-args.ts'

function usage(argv: readonly string[]): string {
  const parsed = parseClassifyArgs(argv)
  assert(parsed.kind === 'usage', `${argv.join(' ')} is accepted`)
  return parsed.message
}

describe('parseClassifyArgs', () => {
  test('takes files and options in any order', () => {
    expect(parseClassifyArgs(['one.json', '--json', 'two.pb', '--explain'])).toEqual({
      kind: 'args',
      inputs: [
        { path: 'one.json', routerConfigPath: undefined },
        { path: 'two.pb', routerConfigPath: undefined },
      ],
      json: true,
      explain: true,
      failOn: new Set(),
    })
  })

  test('each router config holds for the files after it, until the next', () => {
    const argv = ['a', '--router-config', 'x.yaml', 'b', 'c', '--router-config=y.yaml', '-']
    const parsed = parseClassifyArgs(argv)
    assert(parsed.kind === 'args')
    expect(parsed.inputs).toEqual([
      { path: 'a', routerConfigPath: undefined },
      { path: 'b', routerConfigPath: 'x.yaml' },
      { path: 'c', routerConfigPath: 'x.yaml' },
      { path: '-', routerConfigPath: 'y.yaml' },
    ])
  })

  test('takes rules with commas, and the option several times', () => {
    const lists = ['--fail-on=error-masked, stream-truncated', '--fail-on', 'prefill-rejected']
    const parsed = parseClassifyArgs([...lists, 'a'])
    assert(parsed.kind === 'args')
    expect([...parsed.failOn]).toEqual(['error-masked', 'stream-truncated', 'prefill-rejected'])
  })

  test('takes what comes after -- for files', () => {
    const parsed = parseClassifyArgs(['--json', '--', '--explain', '-x'])
    assert(parsed.kind === 'args')
    expect(parsed.inputs.map(({ path }) => path)).toEqual(['--explain', '-x'])
  })

  test.each([[['--help']], [['-h']], [['a', '--help']]])('offers help on %j', (argv) => {
    expect(parseClassifyArgs(argv)).toEqual({ kind: 'help' })
  })

  test.each([
    [[], 'no FILE given'],
    [['--json'], 'no FILE given'],
    [['-', '-'], 'stdin can be read once'],
    [['--jsno', 'a'], 'unknown option --jsno; did you mean "--json"?'],
    [['--json=yes', 'a'], '--json takes no value'],
    [['--router-config'], '--router-config needs a FILE'],
    [['--router-config', '--json', 'a'], '--router-config needs a FILE'],
    [['a', '--router-config', 'x.yaml'], 'x.yaml holds for the files after it, and there is none'],
    [['--fail-on', '--json', 'a'], '--fail-on needs the ID of a rule'],
    [['--fail-on', ',', 'a'], '--fail-on needs the ID of a rule'],
    [['--fail-on', 'eror-masked', 'a'], 'no rule "eror-masked"; did you mean "error-masked"?'],
    [['--fail-on', 'constructor', 'a'], 'no rule "constructor"'],
  ])('says what is wrong with %j', (argv, message) => {
    expect(usage(argv)).toContain(message)
  })
})
