import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../cli/registry.ts'
import { runCli } from '../../cli/run-cli.ts'

function textOf(stream: PassThrough): string {
  return String(stream.read() ?? '')
}

async function run(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const exitCode = await runCli(args, { stdout, stderr, stdin: new PassThrough() })
  return { exitCode, stdout: textOf(stdout), stderr: textOf(stderr) }
}

describe('secondwind', () => {
  test('shows the commands, examples first, and asks for one', async () => {
    const { exitCode, stdout, stderr } = await run()
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr.indexOf('Examples:')).toBeLessThan(stderr.indexOf('Commands:'))
    for (const name of COMMANDS.keys()) expect(stderr).toContain(`\n  ${name} `)
  })

  test.each([['--help'], ['-h'], ['help']])('prints help on stdout for %s', async (flag) => {
    const { exitCode, stdout, stderr } = await run(flag)
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Usage: secondwind <command>')
  })

  test.each([...COMMANDS.keys()])('has a help for %s that begins with examples', async (name) => {
    const { exitCode, stdout } = await run(name, '--help')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(new RegExp(`^secondwind ${name}: .+\n\nExamples:\n  secondwind ${name}`))
    expect(stdout).toContain(`Usage: secondwind ${name}`)
    expect((await run('help', name)).stdout).toBe(stdout)
  })

  test('guesses what a mistyped command was meant to be', async () => {
    const { exitCode, stderr } = await run('serv')
    expect(exitCode).toBe(2)
    expect(stderr).toBe(
      'secondwind: there is no command "serv" [USAGE]\n  hint: did you mean "serve"?\n',
    )
  })

  test('guesses what a mistyped option was meant to be', async () => {
    const { exitCode, stderr } = await run('sidecar', '--confg', 'x')
    expect(exitCode).toBe(2)
    expect(stderr).toBe(
      'secondwind: there is no option --confg [USAGE]\n  hint: did you mean "--config"?\n',
    )
  })

  test.each([
    [['sidecar', '--port', '70000'], '--port: expected a port'],
    [['sidecar', '--port', 'x'], '--port: expected a port'],
    [['sidecar', '--port'], "Option '--port <value>' argument missing"],
    [['sidecar', 'extra'], 'did not expect "extra"'],
    [['version', '--json=5'], "Option '--json' does not take an argument"],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stderr } = await run(...args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(message)
  })

  test('prints its version, in words and as JSON', async () => {
    const { stdout } = await run('version')
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await run('--version')).stdout).toBe(stdout)
    const document = JSON.parse((await run('version', '--json')).stdout) as unknown
    expect(document).toEqual({
      schemaVersion: 1,
      version: stdout.trim(),
      node: process.versions.node,
    })
  })
})
