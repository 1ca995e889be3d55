import { expect, test } from 'vitest'

import { HostGate, isLoopback } from '../../../analyzer/api/host-gate.ts'

test.each([
  ['localhost:4318', true],
  ['127.0.0.1:4318', true],
  ['[::1]:4318', true],
  ['LOCALHOST', true],
  ['mine.example:80', true],
  ['evil.example', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example:4318', false],
  ['', false],
  [undefined, false],
])('on loopback the Host %s is admitted: %s', (host, admitted) => {
  expect(new HostGate('127.0.0.1', ['mine.example']).admits(host)).toBe(admitted)
})

test('beyond loopback the token guards, unless hosts are named', () => {
  expect(new HostGate('0.0.0.0', []).admits('analyzer:4318')).toBe(true)
  expect(new HostGate('0.0.0.0', ['analyzer']).admits('other:4318')).toBe(false)
  expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].every(isLoopback)).toBe(true)
  expect(['0.0.0.0', '10.0.0.1', '::', '127.evil.example'].some(isLoopback)).toBe(false)
})
