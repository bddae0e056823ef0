import { defineStep } from '../definition.ts'
import {
  absolutePath,
  argument,
  containerName,
  duration,
  environmentName,
  filePattern,
  imageReference,
  memorySize,
  workspacePath,
} from '../rules.ts'

/**
 * Facts: pptr.dev guides on Docker and configuration (the sandbox needs SYS_ADMIN, an init has to reap, where the official
 * image keeps its browser); that Puppeteer puts the browser into a process group of its own, its launcher; all else tried
 * out with Chromium 156 of Debian 12 and Docker Engine 20.10.
 */
export const puppeteerTest = defineStep({
  name: 'puppeteerTest',
  summary: 'Run a Puppeteer script in headless Chrome, and keep what it leaves',
  description: [
    'Runs a script of your own with node: on the agent with its Chromium, or in a container of an image that has node, Puppeteer and a browser, such as the official ghcr.io/puppeteer/puppeteer. The step installs neither: the script finds puppeteer or puppeteer-core among the packages of the workspace.',
    'The build fails when the script ends with an exit code other than 0: let it do so when the page writes an error on its console. Screenshots and reports are archived either way.',
    'The browser keeps its sandbox unless you say that you trust every page it will see. On the agent the script needs no executablePath: the step sets PUPPETEER_EXECUTABLE_PATH.',
  ],
  since: '0.1.0',
  shape: 'command',
  parameters: {
    script: {
      type: 'string',
      rule: workspacePath,
      summary: 'The script, a file of the workspace',
    },
    code: {
      type: 'text',
      summary: 'Instead of a script its text, as an ES module: import and await at the top are fine',
    },
    args: {
      type: 'list',
      rule: argument,
      summary: 'Arguments of the script',
    },
    env: {
      type: 'map',
      keyRule: environmentName,
      rule: argument,
      summary:
        'Variables of the script; not for secrets, because docker inspect shows those of a container: bind them around the step and name a file',
    },
    image: {
      type: 'string',
      rule: imageReference,
      organisation: 'images.puppeteer',
      summary: 'Run in a container of this image; without it, on the agent itself',
    },
    pinned: {
      type: 'boolean',
      default: false,
      summary: 'Refuse an image whose tag is no exact version',
    },
    browser: {
      type: 'string',
      rule: absolutePath,
      summary:
        'The browser, on the agent or inside the image; otherwise Chromium or Chrome on the PATH of the agent, or what Puppeteer finds in the image',
    },
    sandbox: {
      type: 'choice',
      choices: ['capability', 'seccomp', 'none'],
      default: 'capability',
      summary:
        'How the browser shuts its pages in: capability lets the container have SYS_ADMIN for it, seccomp has a profile instead, none leaves it out',
    },
    trustedContent: {
      type: 'boolean',
      default: false,
      summary:
        'Says that every page the browser will see may do what the agent may; needed to leave out the sandbox',
    },
    seccompProfile: {
      type: 'string',
      rule: workspacePath,
      summary: 'With sandbox: seccomp, the profile: a file of the workspace',
    },
    user: {
      type: 'choice',
      choices: ['agent', 'image'],
      default: 'agent',
      summary: 'Who the script is in the container: the user of the agent, or the one of the image',
    },
    outputs: {
      type: 'string',
      rule: workspacePath,
      summary: 'With user: image, the folder of the workspace that is lent to that user for the results',
    },
    shmSize: {
      type: 'string',
      rule: memorySize,
      default: '1g',
      summary: 'Shared memory of the container; with the usual 64 MB, pages crash',
    },
    network: {
      type: 'string',
      rule: containerName,
      summary: 'Network of the container: host, none, or one of your own',
    },
    timeout: {
      type: 'string',
      rule: duration,
      default: '10m',
      summary: 'Longest that the script may take',
    },
    artifacts: {
      type: 'string',
      rule: filePattern,
      summary: 'Files to archive, also when the script failed',
    },
    junit: {
      type: 'string',
      rule: filePattern,
      summary: 'Test results in the format of JUnit, also when the script failed',
    },
  },
  constraints: [
    { kind: 'exactlyOne', of: ['script', 'code'] },
    {
      kind: 'needs',
      parameter: 'sandbox',
      equals: 'none',
      needs: 'trustedContent',
      needsValue: true,
      because: 'without it a page that breaks out of the browser is on the agent',
    },
    {
      kind: 'needs',
      parameter: 'sandbox',
      equals: 'seccomp',
      needs: 'seccompProfile',
      because: 'the one of the Docker Engine allows no sandbox',
    },
    {
      kind: 'needs',
      parameter: 'outputs',
      needs: 'user',
      needsValue: 'image',
      because: 'the user of the agent may write everywhere in the workspace',
    },
  ],
  returns: {
    browser: { type: 'string', summary: 'The version of the browser on the agent, or the image' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long the script took' },
  },
  tools: [
    { program: 'node', package: 'nodejs', when: 'unless image is given' },
    { program: 'chromium', package: 'chromium', when: 'unless image or browser is given' },
    { program: 'docker', package: 'docker.io', when: 'when image is given' },
    { program: 'timeout', package: 'coreutils' },
  ],
  cleanup: [
    'The container is removed, also when the build is aborted and the connection to the Docker Engine was lost.',
    'On the agent every browser that the script started is ended, and its profile and downloads are deleted.',
    'What was lent to the user of the image belongs to the user of the agent again.',
  ],
  troubles: [
    {
      says: 'Running as root without --no-sandbox is not supported',
      cure: 'The agent or the image runs as root. Let it be another user; leaving out the sandbox is for pages that you trust.',
    },
    {
      says: 'No usable sandbox!',
      cure: 'The machine forbids user namespaces (Ubuntu since 23.10 does by AppArmor). Allow them for the browser, or use an image.',
    },
    {
      says: 'Page crashed! or Target closed',
      cure: 'Mostly too little shared memory: raise shmSize.',
    },
    {
      says: 'Could not find Chrome',
      cure: "Puppeteer looks for the version that it was made for. Keep the image and the package at the same version, or name the image's own browser, e.g. browser: /usr/bin/chromium.",
    },
    {
      says: 'In a container: --no-sandbox is missing although sandbox is none',
      cure: 'The step adds it to a browser that is named by browser; otherwise the script has to give it.',
    },
    {
      says: 'In a container: Cannot find module, although the script is there',
      cure: 'The agent is itself a container: the Docker Engine mounts folders of its own machine. Mount the workspace there under the same path.',
    },
  ],
  examples: [
    {
      title: 'A script of the workspace, on the agent',
      declarative: "puppeteerTest(script: 'test/browser.js', artifacts: 'screenshots/**')",
      scripted:
        "def done = puppeteerTest(script: 'test/browser.js', args: ['--base', 'http://127.0.0.1:8080'])\necho 'seen by ' + done.browser",
    },
    {
      title: 'In the official image',
      declarative:
        "puppeteerTest(\n    script: 'test/browser.js',\n    image: 'ghcr.io/puppeteer/puppeteer:25.1.0',\n    pinned: true,\n    junit: 'reports/*.xml'\n)",
      scripted:
        "puppeteerTest(script: 'test/browser.js', image: 'ghcr.io/puppeteer/puppeteer:25.1.0', user: 'image', outputs: 'screenshots', artifacts: 'screenshots/**')",
    },
  ],
  uses: ['leftovers'],
  archives: [
    { parameter: 'artifacts', as: 'artifacts' },
    { parameter: 'junit', as: 'junit' },
  ],
})
