import { defineStep } from '../definition.ts'
import { absolutePath, filePattern } from '../rules.ts'
import { displayParameters, displayTools } from './with-xvfb.ts'

/**
 * Facts: which variables the bindings of Selenium read is in the documentation of Selenium Manager and in
 * selenium-webdriver's builder; all else tried out with ChromeDriver 156 of Debian 12, which puts its browser into a
 * process group of its own.
 */
export const seleniumTest = defineStep({
  name: 'seleniumTest',
  summary:
    'Run browser tests with Selenium: a driver, a display where one is needed, and nothing left behind',
  description: [
    'Starts chromedriver or geckodriver on a free port of this machine, tells your tests where it is, and runs them. Everything that was started on the way is ended afterwards: the driver, browsers that a test forgot to close, the display.',
    'Tests find the driver by WEBDRIVER_URL. The bindings for JavaScript use it by themselves; those for Java, Python and Ruby start a driver of their own, and find the same program. Nothing is downloaded.',
    'Browsers run headless unless you say otherwise: your tests give them --headless=new while HEADLESS is true. With headless: false they get a display by Xvfb, and a picture of it when they fail. For a grid elsewhere you need no step: set SELENIUM_REMOTE_URL.',
  ],
  since: '0.1.0',
  shape: 'command',
  parameters: {
    command: {
      type: 'command',
      required: true,
      summary: 'What runs the tests: a text for bash, or a list of words',
    },
    browser: {
      type: 'choice',
      choices: ['chrome', 'firefox'],
      default: 'chrome',
      summary: 'Kind of the browser; chrome is Chromium too',
    },
    driver: {
      type: 'string',
      rule: absolutePath,
      summary:
        'The driver, where chromedriver or geckodriver on the PATH is not the one that fits the browser',
    },
    headless: {
      type: 'boolean',
      default: true,
      summary: 'Whether the browsers do without a display',
    },
    ...displayParameters,
    artifacts: {
      type: 'string',
      rule: filePattern,
      summary: 'Files to archive, also when the tests failed',
    },
    junit: {
      type: 'string',
      rule: filePattern,
      summary: 'Test results in the format of JUnit, also when the tests failed',
    },
  },
  constraints: [
    {
      kind: 'needs',
      parameter: 'screenshot',
      needs: 'headless',
      needsValue: false,
      because: 'without a display there is nothing to picture; the driver itself takes pictures of pages',
    },
    {
      kind: 'needs',
      parameter: 'view',
      equals: 'vnc',
      needs: 'headless',
      needsValue: false,
      because: 'without a display there is nothing to watch',
    },
    {
      kind: 'needs',
      parameter: 'view',
      equals: 'x11',
      needs: 'headless',
      needsValue: false,
      because: 'without a display there is nothing to watch',
    },
    {
      kind: 'needs',
      parameter: 'display',
      needs: 'view',
      needsValue: 'x11',
      because: 'Xvfb finds a free display by itself',
    },
  ],
  returns: {
    display: { type: 'string', summary: 'The display that was used; none when headless' },
    seconds: { type: 'integer', unit: 'seconds', summary: 'How long it took' },
  },
  tools: [
    {
      program: 'chromedriver',
      package: 'chromium-driver',
      when: 'when browser is chrome, unless driver is given',
    },
    ...displayTools.map((tool) => ({ ...tool, when: `with headless: false, ${tool.when}` })),
  ],
  cleanup: [
    'The driver, its browsers, the display and every other process of the tests are ended, wherever they put themselves.',
    'Profiles, downloads and cookies are deleted.',
  ],
  troubles: [
    {
      says: 'session not created: This version of ChromeDriver only supports Chrome version ...',
      cure: 'Driver and browser must be of one version. Debian keeps chromium and chromium-driver together; otherwise name the driver that fits.',
    },
    {
      says: 'session not created: Chrome failed to start: exited normally. (DevToolsActivePort file does not exist)',
      cure: 'Mostly one of two: the agent is root, whom Chrome refuses its sandbox; or headless is true and the tests do not give --headless=new.',
    },
    {
      says: 'The window covers only half of the screen',
      cure: 'No window manager is there to make it larger. Let the tests give --window-position=0,0 and --window-size.',
    },
    {
      says: 'it needs geckodriver, which this machine does not have',
      cure: "Debian has no package of it. Take it from Mozilla's releases and name it: driver: /opt/geckodriver.",
    },
    {
      says: 'Unable to obtain driver',
      cure: 'A binding older than Selenium 4.25 does not know SE_CHROMEDRIVER. Put the driver on the PATH, or let it use WEBDRIVER_URL.',
    },
  ],
  examples: [
    {
      title: 'Headless tests',
      declarative: "seleniumTest(command: 'npm run test:browser', junit: 'reports/*.xml')",
      scripted: "seleniumTest(command: ['mvn', '-B', 'verify'], junit: 'target/failsafe-reports/*.xml')",
    },
    {
      title: 'With windows, and a picture of the screen when they fail',
      declarative:
        "seleniumTest(\n    command: 'npm run test:browser',\n    headless: false,\n    screen: '1366x768x24',\n    screenshot: 'reports/screen.png'\n)",
      scripted:
        "def done = seleniumTest(command: 'npm run test:browser', headless: false, view: 'vnc')\necho 'took seconds: ' + done.seconds",
    },
  ],
  uses: ['leftovers', 'display'],
  archives: [
    { parameter: 'screenshot', as: 'artifacts' },
    { parameter: 'artifacts', as: 'artifacts' },
    { parameter: 'junit', as: 'junit' },
  ],
})
