import { describe, expect, it } from 'vitest'
import { settingsOf } from '../../../jenkins/config/load.ts'
import { type ControllerConfigInput, controllerConfigSchema } from '../../../jenkins/config/schema.ts'
import { actionText, planUp } from '../../../jenkins/up/plan.ts'
import { containerBody } from '../../../jenkins/up/spec.ts'
import { hostFake } from '../../support/host-fake.ts'

const settings = (input: ControllerConfigInput = {}) =>
  settingsOf(controllerConfigSchema.parse(input), undefined)
const nothing = { container: undefined, hasImage: false, hasVolume: false }

/** The container as an engine tells of it, made for these settings. */
async function containerFor(input: ControllerConfigInput, run = true) {
  const host = hostFake()
  const wanted = settings(input)
  host.addImage(wanted.image, { Config: { Volumes: { '/var/jenkins_home': {} } } })
  const id = await host.create(wanted.name, containerBody(wanted))
  if (run) await host.start(id)
  const container = await host.inspect(id)
  if (!container) throw new Error('it is not there')
  return container
}

const differing = async (has: ControllerConfigInput, wanted: ControllerConfigInput) => {
  const container = await containerFor(has)
  return planUp(settings(wanted), { container, hasImage: true, hasVolume: true })
}

describe('where nothing is there', () => {
  it('the image comes first, the volume, the container, and its start', () => {
    expect(planUp(settings(), nothing).actions.map(actionText)).toEqual([
      'pull jenkins/jenkins:lts-jdk21',
      'make the volume jenkins_home for the home',
      'create the container jenkins',
      'start the container jenkins, and wait until Jenkins is up',
    ])
  })

  it('what is there is not fetched or made again', () => {
    const { actions } = planUp(settings(), { container: undefined, hasImage: true, hasVolume: true })
    expect(actions.map(({ do: what }) => what)).toEqual(['create', 'start'])
  })

  it('a folder for the home is prepared', () => {
    const { actions } = planUp(settings({ home: '/srv/jenkins' }), { ...nothing, hasImage: true })
    expect(actions[0]).toEqual({ do: 'prepare folder', folder: '/srv/jenkins' })
  })
})

describe('the container', () => {
  it('has what was asked for', () => {
    const body = containerBody(
      settings({
        name: 'ci',
        home: '/srv/jenkins',
        image: 'registry.example.com/jenkins:1',
        ports: { http: 80, agents: 50_001, bind: '127.0.0.1' },
        memory: '2G',
        timeZone: 'Europe/Berlin',
        env: { JAVA_OPTS: '-Xmx1g' },
        restart: 'always',
        build: { docker: true },
        upgrade: { stopGrace: '90s' },
      }),
    )
    expect(body).toEqual({
      Image: 'registry.example.com/jenkins:1',
      Env: ['TZ=Europe/Berlin', 'JENKINS_SLAVE_AGENT_PORT=50001', 'JAVA_OPTS=-Xmx1g'],
      Labels: { 'footman.controller': 'ci', 'footman.role': 'controller' },
      ExposedPorts: { '8080/tcp': {}, '50001/tcp': {} },
      StopTimeout: 90,
      HostConfig: {
        Binds: ['/srv/jenkins:/var/jenkins_home', '/var/run/docker.sock:/var/run/docker.sock'],
        PortBindings: {
          '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '80' }],
          '50001/tcp': [{ HostIp: '127.0.0.1', HostPort: '50001' }],
        },
        RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
        Memory: 2 * 2 ** 30,
      },
    })
  })

  it('publishes the port that Jenkins is told to listen on', () => {
    const body = containerBody(settings({ env: { JENKINS_OPTS: '--httpPort=9090 --prefix=/ci' } }))
    expect(body).toMatchObject({
      HostConfig: { PortBindings: { '9090/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }] } },
    })
  })

  it('keeps the home outside of itself, and shows no engine to builds, whatever else is left out', () => {
    expect(containerBody(settings())).toMatchObject({
      HostConfig: { Binds: ['jenkins_home:/var/jenkins_home'] },
    })
  })
})

describe('where a container is there', () => {
  it.each<ControllerConfigInput>([
    {},
    { home: '/srv/jenkins', memory: '2G', timeZone: 'Europe/Berlin', env: { A: 'b=c' }, restart: 'no' },
    { ports: { http: 80, agents: 50_001, bind: '127.0.0.1' } },
  ])('made for %j, nothing is left to do', async (input) => {
    expect(await differing(input, input)).toEqual({ drift: [], actions: [] })
  })

  it('it is started when it does not run', async () => {
    const container = await containerFor({}, false)
    expect(planUp(settings(), { ...nothing, container }).actions).toEqual([
      { do: 'start', container: 'jenkins' },
    ])
  })

  it.each<[string, ControllerConfigInput, ControllerConfigInput, [string, string, string]]>([
    ['image', { image: 'a:1' }, { image: 'a:2' }, ['image', 'a:1', 'a:2']],
    ['home', { home: 'one' }, { home: '/two' }, ['home', 'one', '/two']],
    ['folder', { home: '/one' }, { home: '/two' }, ['home', '/one', '/two']],
    ['port', {}, { ports: { http: 80 } }, ['ports.http', '0.0.0.0:8080', '0.0.0.0:80']],
    ['agent port', {}, { ports: { agents: 50_001 } }, ['ports.agents', 'not published', '0.0.0.0:50001']],
    ['memory', {}, { memory: '2G' }, ['memory', 'no limit', '2 GiB']],
    ['memory limit', { memory: '2G' }, {}, ['memory', '2 GiB', 'no limit']],
    ['policy', { restart: 'no' }, {}, ['restart', 'no', 'unless-stopped']],
    ['time zone', {}, { timeZone: 'Asia/Tokyo' }, ['timeZone', 'not set', 'Asia/Tokyo']],
    ['variable', { env: { A: '1' } }, { env: { A: '2' } }, ['env.A', '1', '2']],
  ])('another %s is told, and nothing is done', async (_case, has, wanted, [setting, is, want]) => {
    const { actions, drift } = await differing(has, wanted)
    expect(actions).toEqual([])
    expect(drift).toContainEqual({ setting, is, wanted: want })
  })

  it('a home in the container itself is told', async () => {
    const container = await containerFor({})
    const { drift } = planUp(settings(), { ...nothing, container: { ...container, Mounts: [] } })
    expect(drift).toEqual([{ setting: 'home', is: 'in the container itself', wanted: 'jenkins_home' }])
  })

  it('variables and ports that the settings do not speak of are none of our business', async () => {
    const container = await containerFor({ env: { MORE: '1' } })
    expect(planUp(settings(), { ...nothing, container }).drift).toEqual([])
  })
})
