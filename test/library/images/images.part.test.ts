import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { libraryConfigSchema } from '../../../library/config.ts'
import { headerOf } from '../../../library/header.ts'
import { imageFiles } from '../../../library/images/files.ts'
import { images, plugins } from '../../../library/images/registry.ts'
import { createRenderer } from '../../../library/render.ts'
import { loadTemplates } from '../../../library/templates.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { until } from '../../support/until.ts'
import { importImage } from '../support/image.ts'

const run = promisify(execFile)
const socket = '/var/run/docker.sock'
const passwd = {
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\njenkins:x:1000:1000::/home/jenkins:/bin/sh\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\njenkins:x:1000:\n',
  'etc/shadow': 'root:*:1::::::\njenkins:*:1::::::\n',
  'etc/gshadow': 'root:*::\njenkins:!::\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\n',
  'etc/login.defs': 'GID_MIN 1000\n',
}
const accounts = ['/usr/sbin/groupadd', '/usr/sbin/usermod']

describe('the images', () => {
  test('a controller has its plugins, is healthy, and uses the engine of the host as jenkins', async () => {
    const base = await importImage({
      programs: [...accounts, '/usr/bin/curl'],
      files: {
        ...passwd,
        'usr/share/jenkins/ref/keep': '',
        'bin/jenkins-plugin-cli':
          '#!/bin/sh\n[ "$1" = --plugin-file ] || exit 1\nmkdir -p /usr/share/jenkins/ref/plugins\nfor plugin in $(sed "s/#.*//" "$2"); do : >/usr/share/jenkins/ref/plugins/$plugin.jpi; done\n',
        'usr/local/bin/jenkins.sh': '#!/bin/sh\nexec httpd -f -p 8080 -h /www\n',
        'www/login': 'please',
      },
      changes: ['ENTRYPOINT ["/usr/local/bin/jenkins.sh"]', 'USER jenkins'],
    })
    // The stock image owns its home and its reference folder by jenkins.
    const owned = await build(
      'FROM '.concat(base, '\nUSER root\nRUN chown -R 1000:1000 /usr/share/jenkins\nUSER jenkins\n'),
    )
    const image = await buildImage('jenkinsImage', owned)
    const container = await start(image, ['-v', `${socket}:${socket}`, '--health-interval=1s'])

    await until(
      'it is healthy',
      async () => (await inspect(container, '{{.State.Health.Status}}')) === 'healthy',
    )
    expect((await inside(container, 'ls /usr/share/jenkins/ref/plugins')).split('\n')).toEqual(
      plugins.map(({ id }) => `${id}.jpi`).toSorted(),
    )
    expect(
      await inside(container, 'id -un; cat /usr/share/jenkins/ref/jenkins.install.UpgradeWizard.state'),
    ).toBe('jenkins\n2.0')
    const server = (await run('docker', ['version', '--format', '{{.Server.Version}}'])).stdout.trim()
    expect(await inside(container, "docker version --format '{{.Server.Version}}'")).toBe(server)
  })

  test('an ssh agent lets the key in, and has the same host key in the next container', async () => {
    const base = await importImage({
      programs: [...accounts, '/usr/sbin/sshd', '/usr/bin/ssh-keygen'],
      files: {
        ...passwd,
        'home/jenkins/.profile': '',
        'run/sshd/keep': '',
        'bin/java': '#!/bin/sh\necho java of a test\n',
        'etc/ssh/sshd_config': 'PasswordAuthentication no\nUsePAM no\nPidFile none\n',
        // As the stock image does it: the key of the controller, host keys where there are none, then the server.
        'usr/local/bin/setup-sshd':
          '#!/bin/sh\nset -e\nmkdir -p /home/jenkins/.ssh\nprintf "%s\\n" "$JENKINS_AGENT_SSH_PUBKEY" >/home/jenkins/.ssh/authorized_keys\nchown -R 1000:1000 /home/jenkins\nssh-keygen -A\nexec /usr/sbin/sshd -D -e\n',
      },
      changes: ['ENTRYPOINT ["setup-sshd"]', 'EXPOSE 22'],
    })
    const image = await buildImage('sshAgentImage', base)
    const folder = await tempDir()
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')])
    const key = await readFile(join(folder, 'key.pub'), 'utf8')
    const volume = `footman-test-${randomBytes(4).toString('hex')}`
    onTestFinished(async () => {
      await run('docker', ['volume', 'rm', '--force', volume])
    })
    const options = [
      '-p',
      '127.0.0.1::22',
      '-v',
      `${volume}:/etc/ssh/keys`,
      '-e',
      `JENKINS_AGENT_SSH_PUBKEY=${key}`,
    ]

    const seen: string[] = []
    for (const turn of ['first', 'second']) {
      const container = await start(image, options)
      const port = (await run('docker', ['port', container, '22'])).stdout.trim().split(':').at(-1) ?? ''
      const known = join(folder, `known-${turn}`)
      const answer = await until('ssh answers', async () => {
        const words = [
          '-F',
          'none',
          '-i',
          join(folder, 'key'),
          '-p',
          port,
          '-o',
          'StrictHostKeyChecking=accept-new',
        ]
        const more = [
          '-o',
          `UserKnownHostsFile=${known}`,
          '-o',
          'HostKeyAlgorithms=ssh-ed25519',
          '-o',
          'BatchMode=yes',
        ]
        return run('ssh', [...words, ...more, 'jenkins@127.0.0.1', 'id -un; java -version; docker --version'])
          .then(({ stdout }) => stdout)
          .catch(() => undefined)
      })
      expect(answer).toMatch(/^jenkins\njava of a test\nDocker version/)
      seen.push((await readFile(known, 'utf8')).split(' ').slice(1).join(' '))
      await run('docker', ['rm', '--force', container])
    }
    expect(seen[0]).toContain('ssh-ed25519 ')
    expect(seen[1]).toBe(seen[0])
  })

  test('a swarm agent fetches its client, and shows its token to nobody', async () => {
    const gateway = (
      await run('bash', [
        '-c',
        "ip -4 -o addr show docker0 | grep -o 'inet [0-9.]*' | cut -d' ' -f2 | tr -d '\\n'",
      ])
    ).stdout
    const paths: string[] = []
    const controller = createServer((request, response) => {
      paths.push(request.url ?? '')
      response.end('a jar\n')
    })
    await new Promise<void>((resolve) => controller.listen(0, gateway, resolve))
    onTestFinished(() => void controller.close())
    const base = await importImage({
      programs: [...accounts, '/usr/bin/curl'],
      files: {
        ...passwd,
        'home/jenkins/keep': '',
        'bin/java':
          '#!/bin/sh\nfor word in "$@"; do echo "[$word]"; done\nenv\ncat "$HOME/swarm-client.jar"\nexec sleep 1000\n',
      },
    })
    const owned = await build(`FROM ${base}\nRUN chown -R 1000:1000 /home/jenkins\nENV HOME=/home/jenkins\n`)
    const image = await buildImage('swarmAgentImage', owned)
    const secret = join(await tempDir(), 'token')
    await writeFile(secret, 'a-secret-token\n')
    const port = (controller.address() as AddressInfo).port
    const container = await start(
      image,
      [
        '-v',
        `${secret}:/run/secrets/swarm-password:ro`,
        ...['-e', `JENKINS_URL=http://${gateway}:${port}/`, '-e', 'SWARM_USERNAME=agents'],
        ...[
          '-e',
          'SWARM_LABELS=linux docker 2CPU',
          '-e',
          'SWARM_NAME=laptop 1',
          '-e',
          'JAVA_OPTS=-Xmx64m -Da=b',
        ],
      ],
      ['-disableSslVerification'],
    )
    const log = async () => {
      const { stdout, stderr } = await run('docker', ['logs', container])
      return stdout + stderr
    }
    await until('the client runs', async () => (await log()).includes('a jar'))

    const words = [...(await log()).matchAll(/^\[(.*)\]$/gm)].map((match) => match[1])
    expect(words.slice(0, 4)).toEqual(['-Xmx64m', '-Da=b', '-jar', '/home/jenkins/swarm-client.jar'])
    expect(words).toEqual(
      expect.arrayContaining(['-labels', 'linux docker 2CPU', '-name', 'laptop 1', '-webSocket']),
    )
    expect(words).toEqual(expect.arrayContaining(['-username', 'agents', '-passwordFile']))
    expect(words.at(-1)).toBe('-disableSslVerification')
    expect(paths).toEqual(['/swarm/swarm-client.jar'])
    expect(await log()).not.toContain('a-secret-token')
    expect((await run('docker', ['inspect', container])).stdout).not.toContain('a-secret-token')
    expect(await inspect(container, '{{.Config.User}}')).toBe('jenkins')
  })
})

/** The image as its template says, on this base and with the Docker client of this machine. */
async function buildImage(name: string, base: string): Promise<string> {
  const image = images.find((one) => one.name === name)
  if (!image) throw new Error(`there is no image ${name}`)
  const client = await importImage({ files: {}, paths: ['/usr/local/bin/docker'] })
  const folder = await tempDir()
  const files = imageFiles(image, {
    config: libraryConfigSchema.parse({ organisation: { images: { [name]: base, dockerClient: client } } }),
    render: createRenderer(loadTemplates()),
    header: (about) => headerOf('0.0.0', about),
  })
  await mkdir(join(folder, 'images', name), { recursive: true })
  for (const { path, content } of files) await writeFile(join(folder, path), content)
  const { gid } = await stat(socket)
  return build(undefined, join(folder, 'images', name), ['--build-arg', `DOCKER_GID=${gid}`])
}

async function build(
  dockerfile: string | undefined,
  folder?: string,
  options: readonly string[] = [],
): Promise<string> {
  const context = folder ?? (await tempDir())
  if (dockerfile !== undefined) await writeFile(join(context, 'Dockerfile'), dockerfile)
  const tag = `footman-test/image:${randomBytes(4).toString('hex')}`
  const env = { ...process.env, DOCKER_BUILDKIT: '0' }
  await run('docker', ['build', '--force-rm', ...options, '-t', tag, context], { env })
  onTestFinished(async () => {
    await run('docker', ['rmi', '--force', tag])
  })
  return tag
}

async function start(
  image: string,
  options: readonly string[],
  words: readonly string[] = [],
): Promise<string> {
  const { stdout } = await run('docker', ['run', '-d', '--init', ...options, image, ...words])
  const container = stdout.trim()
  onTestFinished(async () => {
    await run('docker', ['rm', '--force', '--volumes', container]).catch(() => undefined)
  })
  return container
}

async function inside(container: string, script: string): Promise<string> {
  return (await run('docker', ['exec', container, 'sh', '-c', script])).stdout.trim()
}

async function inspect(container: string, format: string): Promise<string> {
  return (await run('docker', ['inspect', '--format', format, container])).stdout.trim()
}
