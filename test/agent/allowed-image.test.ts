import { expect, it } from 'vitest'
import { isAllowedImage } from '../../agent/allowed-image.ts'

const digest = `sha256:${'a'.repeat(64)}`

it.each([
  ['jenkins/inbound-agent:latest-jdk21', ['jenkins/inbound-agent:*'], true],
  ['jenkins/inbound-agent', ['jenkins/inbound-agent:*'], true],
  ['docker.io/jenkins/inbound-agent:3', ['jenkins/inbound-agent:*'], true],
  ['jenkins/inbound-agent:3', ['docker.io/jenkins/inbound-agent:*'], true],
  ['nginx', ['docker.io/library/nginx:latest'], true],
  [`jenkins/inbound-agent:3@${digest}`, ['jenkins/inbound-agent:*'], true],
  [`jenkins/inbound-agent@${digest}`, ['jenkins/inbound-agent:*'], false],
  [`jenkins/inbound-agent@${digest}`, [`jenkins/inbound-agent@${digest}`], true],
  ['registry.example:5000/team/agent', ['registry.example:5000/team/*'], true],
  ['registry.example:5000/team/agent', ['registry.example:5000/team/agent:latest'], true],
  ['localhost/agent:1', ['docker.io/localhost/agent:1'], false],
  ['evil.example/jenkins/inbound-agent:1', ['jenkins/inbound-agent:*'], false],
  ['evil/jenkins/inbound-agent:1', ['jenkins/inbound-agent:*'], false],
  ['jenkins/inbound-agent-evil:1', ['jenkins/inbound-agent:*'], false],
  ['jenkinsXinbound:1', ['jenkins.inbound:*'], false],
  ['anything:1', [], false],
  ['anything:1', ['*'], true],
])('image %s with %j: %s', (image, patterns, allowed) => {
  expect(isAllowedImage(image, patterns)).toBe(allowed)
})
