import { expect, test } from 'vitest'
import { defaultImage } from '../../../agent/containers/default-image.ts'

test.each([
  ['2.498', 'jenkins/inbound-agent:jdk17'],
  ['2.541.3', 'jenkins/inbound-agent:jdk17'],
  ['2.545', 'jenkins/inbound-agent:jdk21'],
  ['2.601', 'jenkins/inbound-agent:jdk21'],
])('a controller %s gets agents from %s', (version, image) => {
  expect(defaultImage(version)).toBe(image)
})
