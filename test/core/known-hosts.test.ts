import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { knownHostKeys } from '../../core/known-hosts.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB'
const other = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB'

function keys(text: string, host = 'build.example', port = 22): string[] {
  return knownHostKeys(text, host, port).keys
}

function hashed(name: string): string {
  const salt = Buffer.from('twenty bytes of salt')
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

test.each([
  ['its name', `build.example ${key}`],
  ['one name of several', `10.0.0.1,build.example ${key} a comment`],
  ['a pattern', `*.example ${key}`],
  ['a hashed name', `${hashed('build.example')} ${key}`],
  ['a name in other letters', `BUILD.example ${key}`],
])('a host is known by %s', (_by, line) => {
  expect(keys(`# a comment\n\n${line}\n`)).toEqual([key])
})

test.each([
  ['another host', `other.example ${key}`],
  ['a name that is only its beginning', `build ${key}`],
  ['a pattern with an exception for it', `*.example,!build.example ${key}`],
  ['another hashed name', `${hashed('other.example')} ${key}`],
  ['an authority, which is not a host', `@cert-authority *.example ${key}`],
  ['a comment', `# build.example ${key}`],
  ['half a line', 'build.example ssh-ed25519'],
])('a host is not known by %s', (_by, line) => {
  expect(keys(line)).toEqual([])
})

test('a key that is revoked anywhere is not believed, its other keys are', () => {
  expect(keys(`build.example ${key}\nbuild.example ${other}\n@revoked * ${key}\n`)).toEqual([other])
})

test('on another port it is another host', () => {
  const text = `build.example ${key}\n[build.example]:2222 ${other}\n${hashed('[build.example]:23')} ${key}`
  expect(keys(text, 'build.example', 2222)).toEqual([other])
  expect(keys(text, 'build.example', 23)).toEqual([key])
  expect(knownHostKeys(text, 'build.example', 2222).lines).toEqual([2])
})
