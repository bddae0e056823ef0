import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAllowedImage, requireAllowedImage } from '../../../agent/containers/image-policy.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('an image is allowed', () => {
  test.each([
    ['jenkins/inbound-agent:jdk21', 'jenkins/inbound-agent:*'],
    ['docker.io/jenkins/inbound-agent:jdk21', 'jenkins/inbound-agent:*'],
    ['jenkins/inbound-agent:jdk21', 'docker.io/jenkins/inbound-agent:*'],
    ['index.docker.io/jenkins/inbound-agent', 'jenkins/inbound-agent:*'],
    ['maven', 'docker.io/library/maven:latest'],
    ['maven:3-eclipse-temurin-21', 'maven:3*'],
    ['docker.io/maven', 'maven'],
    ['registry.example.com:5000/team/tool:1', 'registry.example.com:5000/*'],
    ['registry.example.com/a/b/c:1', 'registry.example.com/*/c:1'],
    ['Registry.Example.com/team/tool', 'registry.example.com/team/tool'],
    ['localhost/made-here:2', 'localhost/made-here:*'],
    ['anything/at/all:1', '*'],
    ['other.example/team/tool:1', '*/team/tool:1'],
    [`jenkins/inbound-agent@${digest}`, 'jenkins/inbound-agent:*'],
    [`jenkins/inbound-agent:jdk21@${digest}`, `jenkins/inbound-agent@${digest}`],
    [`jenkins/inbound-agent@${digest}`, 'jenkins/*'],
    [`jenkins/inbound-agent:3@${digest}`, 'jenkins/inbound-agent:*'],
    ['registry.example:5000/team/agent', 'registry.example:5000/team/agent:latest'],
  ])('%s by %s', (image, pattern) => {
    expect(isAllowedImage(image, [pattern])).toBe(true)
  })
})

describe('an image is refused', () => {
  test.each([
    ['evil.example/jenkins/inbound-agent:jdk21', 'jenkins/inbound-agent:*'],
    ['jenkins/inbound-agent-evil:jdk21', 'jenkins/inbound-agent:*'],
    ['evil/jenkins/inbound-agent:jdk21', 'jenkins/inbound-agent:*'],
    ['localhost/jenkins/inbound-agent:jdk21', 'jenkins/inbound-agent:*'],
    ['registry.example.com.evil.example/x:1', 'registry.example.com/*'],
    ['registry.example.com:5000/x:1', 'registry.example.com/*'],
    ['maven:3', 'maven'],
    ['maven', 'maven:3'],
    ['xmaven:3', 'maven:3'],
    ['registryxexample.com/tool:1', 'registry.example.com/tool:1'], // a dot is a dot
    [`maven:3@${digest}`, 'maven:3'], // pinned to something that is no longer what 3 names
    [`maven@${digest}`, `maven@sha256:${'b'.repeat(64)}`],
    ['maven:3', `maven@${digest}`],
    ['localhost/agent:1', 'docker.io/localhost/agent:1'],
    ['jenkinsXinbound:1', 'jenkins.inbound:*'],
  ])('%s by %s', (image, pattern) => {
    expect(isAllowedImage(image, [pattern])).toBe(false)
  })

  test('whatever it is, when the list is empty', () => {
    expect(isAllowedImage('maven', [])).toBe(false)
  })
})

test('every image is allowed by its own name, however it is spelled', () => {
  const part = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
  const reference = fc
    .tuple(
      fc.option(fc.constantFrom('docker.io', 'r.example', 'r.example:5000')),
      part,
      fc.option(part),
      part,
    )
    .map(([registry, first, second, tag]) => {
      const name = [registry, first, second].filter((one) => one !== null).join('/')
      return `${name}:${tag}`
    })
  fc.assert(
    fc.property(reference, (image) => {
      expect(isAllowedImage(image, [image])).toBe(true)
      expect(isAllowedImage(image, [image.replace(/:[^:]+$/, ':*')])).toBe(true)
    }),
  )
})

test('the refusal names the setting and the line to add', () => {
  expect(() => requireAllowedImage('team/tool:1', ['jenkins/*', 'maven'])).toThrow(
    expect.objectContaining({
      message: 'the image team/tool:1 may not run on this machine: images.allow holds jenkins/*, maven',
      hint: 'if you trust it, add "team/tool:1" to images.allow',
    }),
  )
  expect(() => requireAllowedImage('maven', ['maven'])).not.toThrow()
})
