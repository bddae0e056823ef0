import { defineStep, type Parameter } from '../definition.ts'
import type { Rule } from '../rules.ts'

/** Coordinates in X have 16 bits with a sign; Xvfb takes larger sides without a word, and calculates wrongly. */
const side = '([1-9][0-9]{1,3}|[12][0-9]{4}|3[01][0-9]{3}|32[0-6][0-9]{2}|327[0-5][0-9]|3276[0-7])'

const screenSize: Rule = {
  name: 'screen',
  expects: 'width, height and depth such as 1920x1080x24; the depth is 8, 16 or 24',
  pattern: `${side}x${side}x(8|16|24)`,
  longest: 14,
  accepts: ['1920x1080x24', '640x480x8', '32767x10x16'],
  refuses: ['1920x1080', '1920x1080x32', '0x0x24', 'x11', '-1x1x24', '1920X1080X24', '32768x10x24'],
}

/** DISPLAY of the same machine: with a host before the colon it would be another one's. */
const localDisplay: Rule = {
  name: 'local display',
  expects: 'a display of this machine such as :0',
  pattern: ':[0-9]{1,5}([.][0-9]{1,2})?',
  longest: 9,
  accepts: [':0', ':99.0'],
  refuses: ['host:0', '0', 'localhost:10.0', '-:0', ':0;x', ':'],
}

const picture: Rule = {
  name: 'picture',
  expects: 'a file inside the workspace that ends in .png, of letters, digits, dots, dashes, slashes',
  pattern: '[A-Za-z0-9_.][A-Za-z0-9_./-]*[.]png',
  longest: 1024,
  without: ['../', '/..', '//'],
  accepts: ['failure.png', 'build/shots/a-1.png'],
  refuses: ['/tmp/a.png', '../a.png', 'a.jpg', '-a.png', 'a b.png', 'a*.png', 'a,b.png', '.png'],
}

/** What every step takes that opens a display: read by templates/resources/lib/display.sh. */
export const displayParameters = {
  screen: {
    type: 'string',
    rule: screenSize,
    default: '1920x1080x24',
    summary: 'Size and depth of the screen',
  },
  screenshot: {
    type: 'string',
    rule: picture,
    summary:
      'Archived picture of the screen as it was when something failed; an older file of that name goes',
  },
  view: {
    type: 'choice',
    choices: ['none', 'x11', 'vnc'],
    default: 'none',
    summary:
      'How people may watch: x11 uses the display of whoever runs the step on his own machine, vnc a viewer on the agent that only the agent itself reaches',
  },
  display: {
    type: 'string',
    rule: localDisplay,
    summary: 'With view: x11, the display to share; otherwise that of DISPLAY',
  },
} satisfies Record<string, Parameter>

export const displayTools = [
  { program: 'Xvfb', package: 'xvfb', when: 'unless view is x11' },
  { program: 'xauth', package: 'xauth', when: 'whenever a display is used' },
  { program: 'xhost', package: 'x11-xserver-utils', when: 'when view is x11' },
  { program: 'x11vnc', package: 'x11vnc', when: 'when view is vnc' },
  { program: 'convert', package: 'imagemagick', when: 'when screenshot is given' },
] as const

/**
 * Programs with windows on machines without a screen. Facts about Xvfb (that -displayfd takes no lock file, that an
 * empty -auth file lets everybody in, that the number beside the cookie does not matter to it) and about xvfb-run (that
 * SIGTERM leaves both its children): X.Org server 21.1.7 of Debian 12, tried out.
 */
export const withXvfb = defineStep({
  name: 'withXvfb',
  summary: 'Run a command or a body with an X display that no screen is needed for',
  description: [
    'Starts Xvfb on the next free display and takes it away again, with everything that was started on it, also when the build is aborted. Builds beside each other get displays of their own. The common wrapper xvfb-run leaves Xvfb and the command behind when it is ended.',
    'Only who has the cookie of the display may use it: command and body find it by XAUTHORITY. It is good in containers too: mount the socket X11_SOCKET and the file XAUTHORITY. The command xhost + is refused.',
    'Browsers need no display for tests: they have a headless mode. Use this for what headless cannot do, such as extensions, other programs with windows, or watching.',
    'The screenshot shows the screen at the moment of failure: a program that has closed its window by then is not on it.',
  ],
  since: '0.1.0',
  shape: 'both',
  parameters: {
    command: {
      type: 'command',
      summary: 'What to run: a text for bash, or a list of words',
    },
    ...displayParameters,
  },
  constraints: [
    {
      kind: 'needs',
      parameter: 'display',
      needs: 'view',
      needsValue: 'x11',
      because: 'Xvfb finds a free display by itself',
    },
  ],
  returns: {
    display: { type: 'string', summary: 'The display that was used, e.g. :1' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long it took' },
  },
  tools: displayTools,
  cleanup: [
    'Xvfb, the viewer, and every process that was started with the display are ended, wherever they put themselves.',
    'The cookies are deleted, and a socket that a killed server left behind.',
  ],
  troubles: [
    {
      says: 'Xvfb did not start with the screen ...',
      cure: 'Its own words stand above. A screen needs memory: 1920x1080x24 takes 8 MB, and no side is longer than 32767.',
    },
    {
      says: 'Authorization required, but no authorization protocol specified',
      cure: 'XAUTHORITY got lost, often by sudo or env -i. Hand on both DISPLAY and XAUTHORITY.',
    },
    {
      says: 'A program in a container says: cannot open display',
      cure: 'Mount the socket and the cookie: --volume "$X11_SOCKET:$X11_SOCKET" --volume "$XAUTHORITY:$XAUTHORITY:ro" --env DISPLAY --env XAUTHORITY, and run it as the user of the agent, who alone can read the cookie. Qt and GTK may need --ipc=host.',
    },
    {
      says: "view: 'x11' shares the screen and keyboard of whoever sits there, which no build of a controller may",
      cure: 'On your own machine: footman library run. For a build: view: vnc.',
    },
  ],
  examples: [
    {
      title: 'Tests of a program with windows, and a picture when they fail',
      declarative: "withXvfb(command: './gradlew uiTest', screenshot: 'build/failure.png')",
      scripted:
        "def done = withXvfb(command: './gradlew uiTest', screen: '1280x800x24')\necho 'was on display ' + done.display",
    },
    {
      title: 'Several steps on one display',
      declarative: "withXvfb {\n    sh './start-app.sh'\n    sh './click-through.sh'\n}",
      scripted: "withXvfb(view: 'vnc') {\n    sh './start-app.sh'\n    sh './click-through.sh'\n}",
    },
  ],
  uses: ['leftovers', 'display'],
  archives: [{ parameter: 'screenshot', as: 'artifacts' }],
})
