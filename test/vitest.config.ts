import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Three kinds of test, told apart by the file name:
 * `x.test.ts` needs only Node, `x.part.test.ts` needs a real part such as the Docker Engine,
 * `x.jenkins.test.ts` needs a real controller named by FOOTMAN_TEST_JENKINS_URL, _USER and _TOKEN.
 */
const special = ['test/**/*.part.test.ts', 'test/**/*.jenkins.test.ts']
/** Told one after the other when everything else is over: they kill at moments that do not come on a machine that is busy. */
const stories = ['test/e2e/serve.part.test.ts', 'test/e2e/sigkill.part.test.ts']
/** Longer than a round of tests may take, all together: `npm run test:long`. */
const long = [
  'test/e2e/upgrade/*.part.test.ts',
  'test/library/steps/{cutover*,etcd-*,with-etcd-config,pool-image,ship-image}.part.test.ts',
]
/** A browser, a package mirror or an engine may be slow once on a busy machine; twice is a failure. The report tells of it. */
const again = 1

/** What takes longest, in this order: whatever begins last should be short. */
const longest = [/e2e\/upgrade\//, /library\/bench\.part/, /library\/hostile\.part/, /pool-image/, /cutover/]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((pattern) => pattern.test(moduleId))
      return index === -1 ? longest.length : index
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    // Vitest leaves one core free; on two cores that would be half of them.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          // Some wait for clocks and processes; meanwhile others work.
          maxWorkers: 3,
          include: ['test/**/*.test.ts'],
          exclude: special,
          testTimeout: 10_000,
          // Loading everything anew for each file took longer than the tests; so none may leave anything global behind.
          isolate: false,
          setupFiles: ['test/support/forget-secrets.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'parts',
          // They wait more than they work: for engines, browsers and servers.
          maxWorkers: 3,
          include: ['test/**/*.part.test.ts'],
          exclude: [...stories, ...long],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          retry: again,
          // After the unit tests, whose clocks would notice the load.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'stories',
          include: stories,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          retry: again,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'long',
          include: long,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          retry: again,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'jenkins',
          include: ['test/**/*.jenkins.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
