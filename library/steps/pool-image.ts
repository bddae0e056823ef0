import { defineStep } from '../definition.ts'
import { duration, host, imageReference, type Rule } from '../rules.ts'
import { sshAccess } from '../ssh-rules.ts'

/** A folder that is made where it is missing, on other machines too: so it has a name that everybody can type. */
const poolFolder: Rule = {
  name: 'pool',
  expects: 'an absolute path other than /, of letters, digits, blanks and /_.@+-, without ..',
  pattern: '/[A-Za-z0-9_.@+-][A-Za-z0-9_/.@+ -]*',
  longest: 1024,
  without: ['/..', '//', '/-'],
  accepts: ['/var/lib/footman/pool', '/mnt/a disk/pool'],
  refuses: ['/', 'pool', '/a/../b', '/..', '//x', '-x', '/-rf', '/$(x)', '/a:b', '/a\nb'],
}

/** Facts about bup 0.33.7, zstd 1.5.4, rsync 3.2.7 and docker save: Docker 20.10, tried out. */
export const poolImage = defineStep({
  name: 'poolImage',
  summary: 'Keep images in a pool that stores equal parts once, and bring it over thin links',
  description: [
    'For where a link is too thin for images: a pool, made by bup, cuts images into small parts and keeps each part once. The next version of an image adds only what is new in it. save puts an image of this machine into the pool, load takes it out again, list shows what is there, prune keeps the newest of each repository, and sync brings the pool to another folder or machine, where load takes it out.',
    'Layers go into the pool without compression, because in compressed layers no two versions have a part in common. Engines that keep them compressed, as new installations of Docker 29 do, are noticed, and their layers unpacked first.',
    'What was saved is read back and compared, and what is loaded is compared before docker sees it. A sync that was interrupted goes on where it stopped; the other side is whole at all times, because what names the parts goes last.',
    'patch needs no pool: when another machine has an older version of the image, byte for byte as this one, only the difference goes there by ssh. Both sides prove it by the digest of what their engines save. Without the proof all of it goes there, compressed. For two versions of an image it is the smallest way of all; it needs disk space for both on both sides.',
    'The pool is a folder of the agent. Its files may be copied by any means; never remove some of them by hand.',
  ],
  since: '0.1.0',
  shape: 'command',
  parameters: {
    action: {
      type: 'choice',
      choices: ['save', 'load', 'list', 'sync', 'prune', 'patch'],
      required: true,
      summary: 'What to do',
    },
    pool: {
      type: 'string',
      rule: poolFolder,
      summary: 'The folder of the pool, for all but patch; save makes it where there is none',
    },
    image: {
      type: 'string',
      rule: imageReference,
      summary: 'The image, for save, load and patch',
    },
    verify: {
      type: 'boolean',
      default: true,
      summary: 'Read back what was saved and compare it',
    },
    unpack: {
      type: 'choice',
      choices: ['auto', 'always'],
      default: 'auto',
      summary: 'Unpack compressed layers where the engine keeps them so, or in any case',
    },
    keepNewest: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      unit: 'images',
      summary: 'How many of each repository prune leaves in the pool',
    },
    to: {
      type: 'string',
      rule: poolFolder,
      summary: 'The folder of the other pool, for sync: here, or on host',
    },
    bandwidth: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000_000,
      unit: 'KiB a second',
      summary: 'What sync may take of the link at most',
    },
    base: {
      type: 'string',
      rule: imageReference,
      summary: 'The image that the other machine has already, for patch',
    },
    host: { type: 'string', rule: host, summary: 'The other machine, for sync and patch' },
    ...sshAccess,
    sudo: {
      type: 'boolean',
      default: false,
      summary: 'For patch: call docker there by sudo, which must not ask',
    },
    lockTimeout: {
      type: 'string',
      rule: duration,
      default: '10m',
      summary: 'How long to wait for others who use the pool',
    },
    timeout: {
      type: 'string',
      rule: duration,
      default: '6h',
      summary: 'How long each part of a transfer may take',
    },
  },
  constraints: [
    { kind: 'needs', parameter: 'action', equals: 'save', needs: 'image', because: 'it is what is saved' },
    { kind: 'needs', parameter: 'action', equals: 'load', needs: 'image', because: 'it is what is loaded' },
    { kind: 'needs', parameter: 'action', equals: 'sync', needs: 'to', because: 'it is where the pool goes' },
    {
      kind: 'needs',
      parameter: 'action',
      equals: 'prune',
      needs: 'keepNewest',
      because: 'nothing is removed by guess',
    },
    {
      kind: 'needs',
      parameter: 'action',
      equals: 'patch',
      needs: 'base',
      because: 'a patch is the difference from an image that is there',
    },
    ...(['save', 'load', 'list', 'sync', 'prune'] as const).map(
      (action) =>
        ({
          kind: 'needs',
          parameter: 'action',
          equals: action,
          needs: 'pool',
          because: 'it is about a pool',
        }) as const,
    ),
  ],
  returns: {
    image: { type: 'string', summary: 'The image by its full name' },
    images: { type: 'list', summary: 'What the pool has now' },
    bytes: {
      type: 'integer',
      unit: 'bytes',
      summary: 'The size of the image; of sync what was sent, of prune what was freed',
    },
    newBytes: {
      type: 'integer',
      unit: 'bytes',
      summary: 'By how much save made the pool larger, or how large the patch was',
    },
    previous: {
      type: 'string',
      summary: 'The id of the image that had the name before, where it was loaded',
    },
    removed: { type: 'list', summary: 'What prune removed' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long it took' },
  },
  tools: [
    { program: 'bup', package: 'bup', when: 'unless action is patch' },
    { program: 'flock', package: 'util-linux', when: 'unless action is patch' },
    { program: 'docker', package: 'docker.io', when: 'for save, load and patch' },
    { program: 'rsync', package: 'rsync', when: 'for sync, on both machines' },
    { program: 'ssh', package: 'openssh-client', when: 'when host is given' },
    { program: 'zstd', package: 'zstd', when: 'for patch, on both machines' },
    { program: 'skopeo', package: 'skopeo', when: 'where layers have to be unpacked' },
  ],
  uses: ['ssh', 'streams'],
  files: ['poolImage/patched.sh'],
  cleanup: [
    'Images that were put down as files on the way are removed, here and on the other machine.',
    'The lock of the pool is let go with the process that held it, however that ends.',
  ],
  onFailure: [
    'save: without its card, which is written last, an image is not in the pool. Parts that came in already cost space until the next prune, and the next try finds them.',
    'load: nothing is loaded that differs from what was saved; the image that had the name keeps it.',
    'sync: the other pool has what it had, and perhaps parts that nothing names yet. Run it again: it goes on where it stopped.',
    'prune: what was removed so far is gone; run it again to free the space.',
    'patch: what comes out is compared before it is loaded; otherwise nothing changes there.',
  ],
  undo: [
    'load and patch: the result previous is the id of the image that had the name before: docker tag it back, there where it was loaded.',
    'save: prune it, or leave it; it costs little.',
    'prune cannot be undone. A pool that was synced before still has what was removed here.',
  ],
  troubles: [
    {
      says: 'a new version costs as much as the first one',
      cure: 'Its files differ all over: something in the build writes compressed archives, or another order each time. Or the layers were compressed, and the engine was not recognised: unpack: always.',
    },
    {
      says: 'the other machine has not the same base',
      cure: 'Its engine is of another version or keeps images in another way, so that it saves other bytes, or it has another image under that name. All of it was sent; after that the next patch finds a base.',
    },
    {
      says: 'holds other things and is no pool',
      cure: 'A pool has the file footman/pool. Nothing is written into a folder without it, unless the folder is empty.',
    },
  ],
  examples: [
    {
      title: 'Save here, bring it over a thin link at night, load there',
      declarative:
        "poolImage(action: 'save', pool: '/var/lib/footman/pool', image: 'team/app:1.3')\npoolImage(\n    action: 'sync',\n    pool: '/var/lib/footman/pool',\n    host: 'ship.example.com',\n    to: '/var/lib/footman/pool',\n    login: 'ship-ssh',\n    bandwidth: 64\n)",
      scripted:
        "node('office') {\n    def saved = poolImage(action: 'save', pool: '/var/lib/footman/pool', image: 'team/app:1.3')\n    echo saved.newBytes + ' bytes are new'\n    poolImage(action: 'sync', pool: '/var/lib/footman/pool', host: 'ship.example.com', to: '/var/lib/footman/pool', bandwidth: 64)\n}\nnode('ship') {\n    poolImage(action: 'load', pool: '/var/lib/footman/pool', image: 'team/app:1.3')\n}",
    },
    {
      title: 'Send the difference only',
      declarative:
        "poolImage(action: 'patch', image: 'team/app:1.3', base: 'team/app:1.2', host: 'ship.example.com', login: 'ship-ssh')",
      scripted:
        "def sent = poolImage(action: 'patch', image: 'team/app:1.3', base: 'team/app:1.2', host: 'ship.example.com', login: 'ship-ssh')\necho sent.newBytes + ' bytes instead of ' + sent.bytes",
    },
  ],
})
