import type { FakeStep } from './fake-step.ts'
import { xauth, xvfb } from './with-xvfb.ts'

/** Says its port, and then serves until it is ended. */
const chromedriver = `
[ "$1" != --version ] || { echo 'ChromeDriver 140'; exit; }
: >"$FAKE_STATE/held/driver-$$"
trap 'rm -f "$FAKE_STATE/held/driver-$$"; exit 0' TERM
echo 'ChromeDriver was started successfully on port 9515.'
sleep infinity &
wait
`

export const seleniumTest: FakeStep = {
  tools: { chromedriver, Xvfb: xvfb, xauth, convert: 'cat' },
  cases: [
    {
      title: 'without a display',
      parameters: { command: 'sleep 0.6; echo "$WEBDRIVER_URL"', junit: '*.xml' },
    },
    {
      title: 'with a display',
      parameters: { command: ['sleep', '0.6'], headless: false, screenshot: 'screen.png' },
    },
  ],
}
