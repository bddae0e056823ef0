import { expect, it } from 'vitest'
import { exitCodes } from '../../../core/errors.ts'
import { upCommand } from '../../../jenkins/commands/up.ts'
import { anOutcome } from '../../support/an-outcome.ts'
import { controllerCli } from '../../support/controller-cli.ts'

async function stage() {
  const cli = await controllerCli((doors) => ({ 'jenkins up': upCommand(doors) }))
  cli.host.setRemote('jenkins/jenkins:lts-jdk21', {
    digest: 'sha256:1',
    image: { Config: { Volumes: { '/var/jenkins_home': {} } } },
  })
  cli.say.sight = { state: 'wizard' }
  return cli
}

const closed = { state: 'closed', version: '2.498', session: 's', reason: 'no account' } as const

it('brings the controller up from nothing, and tells where the first password lies', async () => {
  const { footman, host, asked } = await stage()
  const run = await footman(['up'])
  expect(run.exitCode).toBe(exitCodes.ok)
  expect(run.stdout).toBe(
    `jenkins is up: Jenkins at http://localhost:8080/, its home on jenkins_home
It waits for its first login. The password for that is in /var/jenkins_home/secrets/initialAdminPassword:
  docker exec jenkins cat /var/jenkins_home/secrets/initialAdminPassword
`,
  )
  expect(host.containers()).toMatchObject([
    { Name: '/jenkins', State: { Running: true }, Config: { Image: 'jenkins/jenkins:lts-jdk21' } },
  ])
  expect(host.volumes()).toEqual(['jenkins_home'])
  expect(asked.map(({ what }) => what)).toEqual(['recover'])
})

it('changes nothing when it is called again', async () => {
  const { footman, host, say } = await stage()
  await footman(['up'])
  say.sight = closed
  const changes: string[] = []
  host.onChange(({ name }) => void changes.push(name))
  const run = await footman(['up'])
  expect(run).toMatchObject({
    exitCode: exitCodes.ok,
    stdout: 'jenkins is up, as it was: Jenkins 2.498 at http://localhost:8080/, its home on jenkins_home\n',
  })
  expect(changes).toEqual([])
})

it('says where it is found when Jenkins has a context path', async () => {
  const { footman } = await stage()
  const run = await footman(['up'], { yaml: 'env: { JENKINS_OPTS: --prefix=/ci }' })
  expect(run.stdout).toContain('Jenkins at http://localhost:8080/ci/,')
})

it('starts one that was stopped', async () => {
  const { footman, host, say } = await stage()
  await footman(['up'])
  await host.stop('jenkins', 1)
  say.sight = closed
  const { stdout } = await footman(['up', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ did: 'started', state: 'closed', version: '2.498' })
  expect(host.containers()).toMatchObject([{ State: { Running: true } }])
})

it('leaves one with other settings as it is, says what differs and how to go on, and exits 5', async () => {
  const { footman, host } = await stage()
  await footman(['up'])
  const before = host.containers()
  const run = await footman(['up'], { yaml: 'memory: 2G\nports: { http: 80 }' })
  expect(run.exitCode).toBe(exitCodes.drift)
  expect(run.stdout).toMatch(/memory +no limit +2 GiB\n/)
  expect(run.stdout).toMatch(/ports.http +0.0.0.0:8080 +0.0.0.0:80\n/)
  expect(run.stderr).toContain('docker stop -t 120 jenkins && docker rm jenkins && footman jenkins up')
  expect(host.containers()).toEqual(before)
})

it('does not advise to leave a home behind', async () => {
  const { footman } = await stage()
  await footman(['up'])
  const run = await footman(['up'], { yaml: 'home: other_home' })
  expect(run.exitCode).toBe(exitCodes.drift)
  expect(run.stderr).toContain('let home in jenkins.yaml name the one that it has')
  expect(run.stderr).not.toContain('docker rm')
})

it('only tells what it would do with --dry-run', async () => {
  const { footman, host, asked } = await stage()
  const run = await footman(['up', '--dry-run'])
  expect(run.stdout.split('\n')).toEqual([
    'pull jenkins/jenkins:lts-jdk21',
    'make the volume jenkins_home for the home',
    'create the container jenkins',
    'start the container jenkins, and wait until Jenkins is up',
    '',
  ])
  expect(host.containers()).toEqual([])
  expect(asked).toEqual([])
})

it('takes a container away that cannot start, so that the next try has its own settings', async () => {
  const { footman, host } = await stage()
  host.addImage('other:1')
  const taken = await host.create('other', {
    Image: 'other:1',
    ExposedPorts: { '8080/tcp': {} },
    HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }] } },
  })
  await host.start(taken)
  const run = await footman(['up'])
  expect(run.exitCode).not.toBe(exitCodes.ok)
  expect(run.stderr).toContain('port is already allocated')
  expect(host.containers().map(({ Name }) => Name)).toEqual(['/other'])
})

it('says how a start failed', async () => {
  const { footman, say } = await stage()
  say.sight = { state: 'broken', reason: 'java.lang.Error: no' }
  const run = await footman(['up'])
  expect(run.exitCode).toBe(exitCodes.failed)
  expect(run.stderr).toContain('error: Jenkins does not start: java.lang.Error: no')
})

it('does nothing while something is left half done', async () => {
  const { footman, host, say } = await stage()
  say.unfinished = anOutcome({ kind: 'deferred', reason: 'the engine does not answer' })
  const run = await footman(['up'])
  expect(run.exitCode).toBe(exitCodes.remote)
  expect(run.stderr).toContain('the engine does not answer')
  expect(host.containers()).toEqual([])
})

it('refuses settings that do not go together', async () => {
  const { footman } = await stage()
  const run = await footman(['up'], { yaml: 'ports: { agents: 8080 }' })
  expect(run.exitCode).toBe(exitCodes.usage)
  expect(run.stderr).toContain('ports.agents: port 8080 is that of browsers too')
})
