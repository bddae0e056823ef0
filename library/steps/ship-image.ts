import { defineStep } from '../definition.ts'
import { containerName, duration, host, imageReference, type Rule } from '../rules.ts'
import { sshAccess } from '../ssh-rules.ts'

/** What docker import takes by --change. */
const change: Rule = {
  name: 'change',
  expects:
    'an instruction such as CMD ["app"]: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR',
  pattern: '(CMD|ENTRYPOINT|ENV|EXPOSE|LABEL|ONBUILD|STOPSIGNAL|USER|VOLUME|WORKDIR) .+',
  longest: 4096,
  accepts: ['CMD ["app", "-v"]', 'ENV A=b c', 'USER 1000'],
  refuses: ['RUN rm -rf /', 'CMD', 'cmd x', '--change', 'COPY a b'],
}

const nameThere: Rule = {
  ...imageReference,
  name: 'image name',
  expects: 'an image without a digest, such as team/app:1.2',
  pattern: imageReference.pattern.replace(/\(@[^)]*\)\?$/, ''),
  accepts: ['app', 'team/app:1.2', 'registry.example.com:5000/team/app:1.2'],
  refuses: [`app@sha256:${'0'.repeat(64)}`, 'App', '-v', 'a b'],
}

/** Facts about docker save, load, export and import: Docker 20.10, tried out; about ssh: OpenSSH 9.2. */
export const shipImage = defineStep({
  name: 'shipImage',
  summary: 'Send an image, or a container as one flat layer, over ssh to the engine of another machine',
  description: [
    'For where there is no registry between two machines: the image streams through ssh into the engine of the other one, compressed, without a file in between on either side. Each part of the way is watched, so that a truncated stream is never taken for an image.',
    'It arrives under a name of this call. Only after its layers were compared with those that were sent does it get its own name; until then the image that had the name keeps it. What the other machine has already is not sent, only named.',
    'A container becomes an image of one layer, which leaves behind history and the files that later layers removed. Docker forgets command, variables and all other settings on that way; they are taken along unless keepConfig is false. Volumes stay where they are.',
    'The key of the host must be known: by hostKeys, or by what the agent knows. Nobody is asked, no key is accepted unseen, and neither the agent nor its ports are lent to the other machine.',
  ],
  since: '0.1.0',
  shape: 'command',
  parameters: {
    image: { type: 'string', rule: imageReference, summary: 'The image to send, with its layers' },
    container: { type: 'string', rule: containerName, summary: 'The container to send, as one layer' },
    as: { type: 'string', rule: nameThere, summary: 'Its name there; otherwise the one that it has here' },
    host: { type: 'string', required: true, rule: host, summary: 'The other machine' },
    ...sshAccess,
    compress: {
      type: 'choice',
      choices: ['auto', 'zstd', 'gzip', 'none'],
      default: 'auto',
      summary: 'How it travels; auto takes the best that both machines have',
    },
    sudo: { type: 'boolean', default: false, summary: 'Call docker there by sudo, which must not ask' },
    keepConfig: {
      type: 'boolean',
      default: true,
      summary: 'Give the image of a container the settings of the container',
    },
    changes: { type: 'list', rule: change, summary: 'Further settings for the image of a container' },
    allowRunning: {
      type: 'boolean',
      default: false,
      summary: 'Send a container that runs, although its files may change meanwhile',
    },
    checkArchitecture: {
      type: 'boolean',
      default: true,
      summary: 'Refuse what is made for another kind of processor than the other machine has',
    },
    timeout: { type: 'string', rule: duration, default: '1h', summary: 'How long the transfer may take' },
  },
  constraints: [
    { kind: 'exactlyOne', of: ['image', 'container'] },
    {
      kind: 'needs',
      parameter: 'container',
      needs: 'as',
      because: 'a container has no name that an image could take over',
    },
    {
      kind: 'needs',
      parameter: 'changes',
      needs: 'container',
      because: 'an image keeps its own settings',
    },
  ],
  returns: {
    id: { type: 'string', summary: 'The id that the image has there' },
    name: { type: 'string', summary: 'The name that it has there' },
    copied: { type: 'boolean', summary: 'Whether it had to be sent' },
    bytes: { type: 'integer', unit: 'bytes', summary: 'How much went over the line' },
    compression: { type: 'string', summary: 'How it was compressed' },
    previous: {
      type: 'string',
      summary: 'The id of the image that had the name before; empty when none had',
    },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long it took' },
  },
  tools: [
    { program: 'docker', package: 'docker.io' },
    { program: 'ssh', package: 'openssh-client' },
    { program: 'timeout', package: 'coreutils' },
    { program: 'zstd', package: 'zstd', when: 'for compressing with zstd, on both machines' },
  ],
  uses: ['ssh', 'streams'],
  files: ['shipImage/receive.sh'],
  cleanup: [
    'The name under which it travels is taken off on both machines, and the folder there is removed, also when the way breaks.',
    'The known host keys stand in the private folder of the call only.',
  ],
  onFailure: [
    'Until its layers were compared, no name there has changed: what ran goes on, and what had the name keeps it.',
    'When the way breaks, the other machine notices the end of the stream and removes what it has of it. Layers that its engine took in are without a name then; docker image prune removes them there.',
  ],
  undo: [
    'The result previous is the id of the image that had the name before: ssh to the machine, and docker tag it back.',
    'Where none had the name, docker rmi the new one there.',
  ],
  troubles: [
    {
      says: 'the key of the host is not the one that is known',
      cure: 'Either the machine was set up anew, or somebody is in between. Compare the key with what the machine itself shows, then name it in hostKeys.',
    },
    {
      says: 'permission denied at the socket of docker',
      cure: 'The user there may log in, but not use docker: sudo: true, or put the user into the group docker.',
    },
    {
      says: 'exec format error, later on',
      cure: 'It was made for another kind of processor, and checkArchitecture was false.',
    },
  ],
  examples: [
    {
      title: 'An image',
      declarative:
        "shipImage(image: 'team/app:1.2', host: 'shop.example.com', login: 'shop-ssh', hostKeys: [params.SHOP_HOST_KEY])",
      scripted:
        "def shipped = shipImage(image: 'team/app:1.2', host: 'shop.example.com', login: 'shop-ssh', hostKeys: [params.SHOP_HOST_KEY])\necho shipped.bytes + ' bytes'",
    },
    {
      title: 'A container as one layer',
      declarative:
        "shipImage(container: 'builder', as: 'team/flat:1', host: 'shop.example.com', login: 'shop-ssh', changes: ['USER 1000'])",
      scripted:
        "shipImage(container: 'builder', as: 'team/flat:1', host: 'shop.example.com', login: 'shop-ssh', changes: ['USER 1000'])",
    },
  ],
})
