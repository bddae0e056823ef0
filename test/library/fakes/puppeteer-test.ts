import type { FakeStep } from './fake-step.ts'
import { docker } from './tools.ts'

/** Whoever runs the tests may be root, and an engine that is not there cannot say who its image's user is. */
const trusted = { sandbox: 'none', trustedContent: true }

export const puppeteerTest: FakeStep = {
  tools: {
    id: 'echo 1000',
    timeout: 'shift 2; exec "$@"',
    node: 'case $1 in --version) echo v22.12.0 ;; *) sleep 1 ;; esac',
    chromium: 'echo Chromium 140',
    docker,
  },
  cases: [
    {
      title: 'a script, on the agent',
      parameters: { ...trusted, script: 'test.js', args: ['--all'], artifacts: '**/*.png', junit: 'a.xml' },
      files: { 'test.js': '' },
    },
    {
      title: 'code, in a container',
      parameters: { ...trusted, code: 'process.exit(0)', image: 'example/puppeteer:25.1.0', pinned: true },
    },
  ],
}
