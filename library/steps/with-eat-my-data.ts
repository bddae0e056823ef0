import { defineStep } from '../definition.ts'
import { imageReference, programName, type Rule } from '../rules.ts'

/** ld.so splits LD_PRELOAD at blanks and colons. */
const preloadable: Rule = {
  name: 'preloadable library',
  expects: 'the absolute path of a library, without blanks and colons',
  pattern: '/[A-Za-z0-9_/.+-]*',
  longest: 1024,
  without: ['/../', '//'],
  accepts: ['/usr/lib/x86_64-linux-gnu/libeatmydata.so'],
  refuses: ['libeatmydata.so', '/a b.so', '/a:b.so', '/a/../b.so', '-x', '/$(x)'],
}

/**
 * Package installation and database tests spend much of their time waiting for fsync. Facts about the wrapper, about
 * ld.so and about what cannot be preloaded: Debian's eatmydata 130 and glibc 2.36, tried out.
 */
export const withEatMyData = defineStep({
  name: 'withEatMyData',
  summary: 'Run a command, or programs of a body, without waiting for the disk',
  description: [
    'Preloads libeatmydata, which turns fsync, fdatasync, msync, sync and O_SYNC into nothing. Worth it where a build throws its data away: installing packages into an image, filling a test database.',
    'Never use it for data that must survive a power cut. It does nothing for static and Go programs, for setuid programs, and for daemons that were already running: they never load the library.',
    'Whether the library really loads is tried first, because the system would otherwise only mutter a warning and run on at full cost.',
  ],
  since: '0.1.0',
  shape: 'both',
  parameters: {
    command: {
      type: 'command',
      summary: 'What to run: a text for bash, or a list of words',
    },
    programs: {
      type: 'list',
      rule: programName,
      summary: 'With a body: the programs that run under eatmydata in it; all others stay as they are',
    },
    scope: {
      type: 'choice',
      choices: ['programs', 'block'],
      default: 'programs',
      summary:
        'With a body: block preloads the library into everything in it, also into containers, where a missing library is a warning for each process',
    },
    image: {
      type: 'string',
      rule: imageReference,
      summary: 'With a command: run it in a container of this image, which must have the library',
    },
    install: {
      type: 'choice',
      choices: ['never', 'ifMissing'],
      default: 'never',
      summary: 'Whether a missing eatmydata is installed on the agent; needs root',
    },
    require: {
      type: 'boolean',
      default: true,
      summary: 'Fail when the library cannot be loaded; false runs plainly and says so',
    },
    library: {
      type: 'string',
      rule: preloadable,
      summary: 'Preload this library instead of the one that eatmydata finds',
    },
    flush: {
      type: 'boolean',
      default: false,
      summary: 'Flush the disks at the end, for results that go to a mounted volume',
    },
  },
  constraints: [
    { kind: 'needs', parameter: 'image', needs: 'command', because: 'a body runs where the build runs' },
    { kind: 'needs', parameter: 'programs', needs: 'body', because: 'a command runs as a whole' },
  ],
  returns: {
    preloaded: { type: 'boolean', summary: 'Whether the library was there' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long it took' },
  },
  tools: [
    { program: 'eatmydata', package: 'eatmydata', when: 'unless image or library is given' },
    { program: 'docker', package: 'docker.io', when: 'when image is given' },
  ],
  cleanup: [
    'The container is removed, also when the build is aborted.',
    'The wrappers disappear with the private folder of the call.',
  ],
  troubles: [
    {
      says: 'nothing can be preloaded: this machine has no eatmydata',
      cure: 'Install the package eatmydata on the agent, or let the step do it with install: ifMissing.',
    },
    {
      says: 'object cannot be preloaded (cannot open shared object file): ignored',
      cure: 'A container started in a body with scope: block lacks the library. Install it in the image, or name programs instead.',
    },
    {
      says: 'It is no faster',
      cure: 'The time goes elsewhere, or the program is static. Official Debian and Ubuntu images already tell dpkg not to sync.',
    },
  ],
  examples: [
    {
      title: 'Install packages',
      declarative: "withEatMyData(command: ['apt-get', 'install', '-y', 'postgresql'])",
      scripted:
        "def done = withEatMyData(command: 'apt-get install -y postgresql')\necho 'seconds: ' + done.seconds",
    },
    {
      title: 'Fill a test database, and let nothing else in the body change',
      declarative: "withEatMyData(programs: ['psql', 'initdb']) {\n    sh './fill-database.sh'\n}",
      scripted: "withEatMyData(scope: 'block') {\n    sh './fill-database.sh'\n}",
    },
  ],
})
