import { defineStep } from '../definition.ts'
import { duration, imageDigest, imageReference, imageTag, type Rule, workspacePath } from '../rules.ts'

/** Where an image goes: with a tag, because that is what is promoted, and without a digest, because that follows. */
const targetReference: Rule = {
  ...imageReference,
  name: 'target',
  expects: 'an image with a tag and without a digest, such as registry.example.com/prod/app:1.2',
  pattern: imageReference.pattern.replace(/\(:(\[[^)]*)\)\?\(@[^)]*\)\?$/, ':$1'),
  accepts: ['registry.example.com:5000/prod/app:1.2', 'app:1', '[::1]:5000/app:x_1'],
  refuses: [
    'app',
    'registry.example.com:5000/app',
    `app:1@sha256:${'0'.repeat(64)}`,
    'App:1',
    'https://example.com/app:1',
    'user:pass@host/app:1',
    '-v:1',
  ],
}

const registryHost: Rule = {
  name: 'registry',
  expects: 'a registry such as registry.example.com:5000',
  pattern: '([A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9a-fA-F:]+\\])(:[0-9]{1,5})?',
  longest: 255,
  accepts: ['registry.example.com:5000', 'localhost:5000', '[::1]:5000'],
  refuses: ['http://localhost:5000', 'ghcr.io/team', '-x', 'a b'],
}

/** Facts about skopeo 1.9.3, docker 20.10 and docker-registry 2.8.2, tried out; crane and regctl from their sources. */
export const promoteImage = defineStep({
  name: 'promoteImage',
  summary: 'Copy a tested image from one registry to another, byte for byte, and give it its tag last',
  description: [
    'What was tested is what goes into production: the tag of the source is resolved to a digest, the digest is compared with the one that the tests saw, and the image is copied by its digest, with every platform. It is read back and compared before any tag is moved, so that at no moment a tag names what is not there.',
    'Nothing is unpacked and nothing is built again, so digests and the signatures on them stay valid. Only blobs that the target does not have travel; promoting within one registry moves none.',
    'It takes skopeo, regctl or crane, in this order. Where there is only docker, it goes through the engine of the agent, and that has losses: one platform only, no signatures, layers unpacked to disk and packed again, and perhaps another digest. It refuses rather than to lose something, unless acceptLosses is true.',
    'Signatures that cosign and its like keep beside the image as tags are copied before the tag is moved; with regctl also those that the registry keeps as referrers.',
  ],
  since: '0.1.0',
  shape: 'command',
  parameters: {
    source: {
      type: 'string',
      required: true,
      rule: imageReference,
      summary: 'The image that was tested, by digest or by tag',
    },
    target: {
      type: 'string',
      required: true,
      rule: targetReference,
      summary: 'Where it goes, with the tag that it gets last',
    },
    expectedDigest: {
      type: 'string',
      rule: imageDigest,
      summary: 'Promote only if the source is this very image',
    },
    allowMutable: {
      type: 'boolean',
      default: false,
      summary: 'Take whatever the tag of the source names now, without expectedDigest',
    },
    sourceLogin: {
      type: 'credentials',
      kind: 'usernamePassword',
      summary: 'For reading the source; otherwise what the agent itself may do',
    },
    targetLogin: {
      type: 'credentials',
      kind: 'usernamePassword',
      summary: 'For writing the target; otherwise what the agent itself may do',
    },
    tags: { type: 'list', rule: imageTag, summary: 'Further tags that it gets after the one of the target' },
    allowOverwrite: {
      type: 'boolean',
      default: false,
      summary: 'Move tags that name another image already',
    },
    backupTag: {
      type: 'string',
      rule: imageTag,
      summary: 'Before the tag of the target is moved, what it named gets this one',
    },
    signatures: {
      type: 'choice',
      choices: ['copy', 'require', 'skip'],
      default: 'copy',
      summary: 'Take signatures along where there are any, refuse an image without one, or leave them',
    },
    contract: {
      type: 'string',
      rule: workspacePath,
      summary: 'The report of checkContract, which must be about this image and without a failure',
    },
    plainHttp: {
      type: 'list',
      rule: registryHost,
      summary: 'Registries, as host:port, that may be spoken to without TLS',
    },
    tool: {
      type: 'choice',
      choices: ['auto', 'skopeo', 'regctl', 'crane', 'docker'],
      default: 'auto',
      summary: 'What copies; auto takes the first of them that the machine has',
    },
    acceptLosses: {
      type: 'boolean',
      default: false,
      summary: 'With docker: go on when platforms or the digest would be lost',
    },
    retries: {
      type: 'integer',
      minimum: 0,
      maximum: 20,
      default: 3,
      unit: 'times',
      summary: 'How often a request that failed is tried again, with growing pauses',
    },
    timeout: {
      type: 'string',
      rule: duration,
      default: '1h',
      summary: 'How long each request and each copy may take',
    },
  },
  returns: {
    digest: { type: 'string', summary: 'The digest of the image, the same on both sides' },
    image: { type: 'string', summary: 'The promoted image by its digest' },
    previous: { type: 'string', summary: 'The digest that the tag named before; empty when there was none' },
    copied: { type: 'boolean', summary: 'Whether anything but tags had to be copied' },
    bytes: {
      type: 'integer',
      unit: 'bytes',
      summary: 'How much had to move; at most, where the registry does not say what it has',
    },
    signatures: { type: 'integer', summary: 'How many signatures were copied' },
    tool: { type: 'string', summary: 'What copied it' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long it took' },
  },
  tools: [
    { program: 'skopeo', package: 'skopeo', when: 'unless regctl, crane or docker is there' },
    { program: 'docker', package: 'docker.io', when: 'when none of the others is there' },
    { program: 'curl', package: 'curl', when: 'for telling how many bytes have to move' },
  ],
  uses: ['registries', 'registry-blobs', 'promote-by-docker'],
  cleanup: [
    'The logins stand in the private folder of the call only, and are removed with it.',
    'With docker, the names that it gave images on the agent are taken off again, or named what they named before. In the target the tag footman-incoming stays: docker pushes nothing without a tag, looks at digests only afterwards, and can remove no tag.',
  ],
  onFailure: [
    'Before the copy is complete and compared, no tag has been moved: the target is as it was. What arrived so far has no name, is found again by the next try, and falls to the garbage collection of the registry otherwise.',
    'The backup tag and signatures may be there already; they do no harm.',
    'With further tags, those before the one that failed have been moved. Run it again: what is there is not copied twice.',
  ],
  undo: [
    'The result previous is the digest that the tag named before. Promote it back: source with that digest, the same target, and allowOverwrite: true. Nothing but the tag moves.',
    'With a backupTag it has a name too, and no garbage collection takes it. A registry that removes what has no tag may otherwise be faster than you.',
    'Where there was no image before, remove the tag in the registry.',
  ],
  troubles: [
    {
      says: 'nothing says which image it must be',
      cure: 'A tag may be moved between the test and the promotion. Hand on the digest that autobuildImage returns, or say allowMutable: true.',
    },
    {
      says: 'it speaks plain HTTP',
      cure: 'Name the registry in plainHttp, exactly as it stands in the reference. With docker, its engine decides that.',
    },
    {
      says: 'unauthorized, although the image exists',
      cure: 'Some registries say so of what does not exist, too. Look at the name first, then at the login.',
    },
    {
      says: 'the contract is about another image',
      cure: 'checkContract has to see the image that is promoted: pull it by its digest, check it, promote that digest.',
    },
  ],
  examples: [
    {
      title: 'What was built and tested',
      declarative:
        "promoteImage(\n    source: 'registry.example.com/dev/app:candidate',\n    expectedDigest: params.DIGEST,\n    target: 'registry.example.com/prod/app:1.2'\n)",
      scripted:
        "checkout scm\ndef built = autobuildImage(repository: 'registry.example.com/dev/app')\ndef promoted = promoteImage(source: built.image, target: 'registry.example.com/prod/app:1.2')\necho promoted.image",
    },
    {
      title: 'Over an older image, with a way back',
      declarative:
        "promoteImage(\n    source: 'dev.example.com/app:candidate',\n    allowMutable: true,\n    target: 'prod.example.com/app:latest',\n    targetLogin: 'prod-push',\n    allowOverwrite: true,\n    backupTag: 'before'\n)",
      scripted:
        "promoteImage(source: 'dev.example.com/app:candidate', expectedDigest: env.TESTED, target: 'prod.example.com/app:latest', targetLogin: 'prod-push', allowOverwrite: true, backupTag: 'before')",
    },
  ],
})
