import type { FakeStep } from './fake-step.ts'
import { docker, wrapper } from './tools.ts'

export const withEatMyData: FakeStep = {
  tools: {
    eatmydata: `case $* in *maps) echo /lib/libeatmydata.so; exit ;; esac${wrapper}`,
    docker,
    psql: 'sleep 0.5',
  },
  cases: [
    { title: 'a command', parameters: { command: 'sleep 0.5; echo done' } },
    {
      title: 'a command in a container',
      parameters: { command: ['make', 'test'], image: 'example/build:1' },
    },
    { title: 'chosen programs of a body', parameters: { programs: ['psql'] }, body: 'psql' },
  ],
}
