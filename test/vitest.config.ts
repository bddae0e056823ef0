import { defineConfig } from 'vitest/config'

/**
 * Three kinds of test, told apart by the file name:
 * `x.test.ts` needs only Node, `x.part.test.ts` needs a real part such as the Docker Engine,
 * `x.jenkins.test.ts` needs a real controller named by FOOTMAN_TEST_JENKINS_URL, _USER and _TOKEN.
 */
const special = ['test/**/*.part.test.ts', 'test/**/*.jenkins.test.ts']

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    // Vitest leaves one core free; on two cores that would be half of them.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: special,
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'parts',
          include: ['test/**/*.part.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // After the unit tests: these look at clocks, and share one engine.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'jenkins',
          include: ['test/**/*.jenkins.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
