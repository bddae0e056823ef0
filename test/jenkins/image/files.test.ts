import { describe, expect, it } from 'vitest'
import { imageFiles } from '../../../jenkins/image/files.ts'
import { pluginProblems } from '../../../jenkins/image/plugins.ts'

const build = {
  base: 'jenkins/jenkins:lts-jdk21',
  plugins: ['git:5.8.0', 'ant:511.v0a_a_1a_334f41b_'],
  docker: false,
}
const render = (more: Partial<Parameters<typeof imageFiles>[0]> = {}) =>
  imageFiles({ build, casc: undefined, dockerGroup: undefined, version: '0.0.0', ...more })
const dockerfile = (files: ReturnType<typeof imageFiles>) => files[0]?.content ?? ''

describe('the files of the image', () => {
  it('hold the plugins with their versions, in the order of their names', () => {
    const files = render()
    expect(files.map(({ name }) => name)).toEqual(['Dockerfile', 'plugins.txt'])
    expect(files[1]?.content.replace(/^#.*\n/gm, '')).toBe('ant:511.v0a_a_1a_334f41b_\ngit:5.8.0\n')
    expect(dockerfile(files)).toContain(`FROM $\{BASE}\n\n# Plugins`)
    expect(dockerfile(files)).not.toContain('docker-client')
  })

  it('are the same for the same settings', () => {
    const reordered = { ...build, plugins: build.plugins.toReversed() }
    expect(render({ build: reordered })).toEqual(render())
  })

  it("have a Docker client and the socket's group only where builds may use the engine", () => {
    const text = dockerfile(render({ build: { ...build, docker: true }, dockerGroup: 998 }))
    expect(text).toContain('ARG DOCKER_GID=998\n')
    expect(text).toContain(`FROM $\{DOCKER_CLIENT} AS docker-client\n`)
    expect(text.match(/^USER .*/gm)).toEqual(['USER root', 'USER jenkins'])
  })

  it('take the Configuration-as-Code file along, byte for byte', () => {
    const casc = 'jenkins:\n  systemMessage: "{{#not}} a template"\n'
    const files = render({ casc })
    expect(files.at(-1)).toEqual({ name: 'casc.yaml', content: casc })
    expect(dockerfile(files)).toContain('ENV CASC_JENKINS_CONFIG=/usr/share/jenkins/casc\n')
  })

  it('need no list where there are no plugins', () => {
    const files = render({ build: { ...build, plugins: [] } })
    expect(files.map(({ name }) => name)).toEqual(['Dockerfile'])
    expect(dockerfile(files)).not.toContain('plugins.txt')
    expect(dockerfile(files)).toMatch(/\nHEALTHCHECK /)
  })

  it('are refused for plugins without a version, all of them named', () => {
    const loose = { ...build, plugins: ['git', 'ant:1', 'junit:latest'] }
    expect(() => render({ build: loose })).toThrow(
      'build.plugins[0]: git has no version; it would be another one with each build; build.plugins[2]: junit:latest is no version',
    )
  })
})

describe('a plugin', () => {
  it.each(['git:5.8.0', 'configuration-as-code:2006.v001a_2ca_6b_574', 'a.b_c:1+x'])(
    '%s is pinned',
    (plugin) => {
      expect(pluginProblems([plugin])).toEqual([])
    },
  )

  it.each([
    'git',
    'git:',
    ':1',
    'git:latest',
    'git:incrementals;org;1',
    'git:1:https://x/',
    'git: 1',
    'git:1\nant:2',
  ])('%j is not', (plugin) => {
    expect(pluginProblems([plugin])).toMatchObject([{ index: 0 }])
  })
})
