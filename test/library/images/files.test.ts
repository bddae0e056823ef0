import { describe, expect, it } from 'vitest'
import { libraryConfigSchema } from '../../../library/config.ts'
import { headerOf } from '../../../library/header.ts'
import { imageFiles } from '../../../library/images/files.ts'
import { images } from '../../../library/images/registry.ts'
import { steps } from '../../../library/registry.ts'
import { createRenderer } from '../../../library/render.ts'
import { loadTemplates } from '../../../library/templates.ts'

describe.each(images)('$name', (image) => {
  it('is built on the public image, or on the one of the organisation', () => {
    expect(dockerfileOf({})).toContain(`ARG BASE=${image.base}\n`)
    const own = { [image.name]: 'registry.example.com/base:1', dockerClient: 'registry.example.com/docker:2' }
    expect(dockerfileOf(own)).toContain('ARG BASE=registry.example.com/base:1\n')
    expect(dockerfileOf(own)).toContain('ARG DOCKER_CLIENT=registry.example.com/docker:2\n')
  })

  it('copies no file that does not come with it, and declares every argument that is described', () => {
    const dockerfile = dockerfileOf({})
    const copied = [...dockerfile.matchAll(/^COPY (?:--chown=\S+ )?([^- ]\S*) /gm)].map((match) => match[1])
    expect(copied.toSorted()).toEqual(image.files.filter((name) => name !== 'Dockerfile').toSorted())
    const declared = [...dockerfile.matchAll(/^ARG ([A-Z_]+)/gm)].map((match) => match[1])
    expect(declared.toSorted()).toEqual(Object.keys(image.arguments).toSorted())
  })

  it('has a name that no step has', () => {
    expect(image.name).toMatch(/^[a-z][A-Za-z]*Image$/)
    expect(steps.map(({ name }) => name)).not.toContain(image.name)
  })

  function dockerfileOf(own: Record<string, string>): string {
    const [dockerfile] = imageFiles(image, {
      config: libraryConfigSchema.parse({ organisation: { images: own } }),
      render: createRenderer(loadTemplates()),
      header: (about) => headerOf('0.0.0', about),
    })
    expect(dockerfile?.path).toBe(`images/${image.name}/Dockerfile`)
    return dockerfile?.content ?? ''
  }
})
