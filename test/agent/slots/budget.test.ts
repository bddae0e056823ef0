import { expect, test } from 'vitest'
import { freeBudget, takesRoom } from '../../../agent/slots/budget.ts'
import type { ObservedContainer } from '../../../agent/world.ts'
import { Model, machine } from '../model.ts'

function container(status: ObservedContainer['status']): ObservedContainer {
  return {
    id: status,
    slot: 'ann-1',
    status,
    template: 'default',
    size: { cpus: 2, memoryBytes: 2 ** 30 },
    nodeLabels: [],
    createdAtMs: 0,
    oomKilled: false,
    exitCode: undefined,
    link: 'unknown',
  }
}

test.each([
  ['created', true],
  ['running', true],
  ['paused', true],
  ['restarting', true],
  ['removing', true],
  ['exited', false],
  ['dead', false],
] as const)('a container that is %s takes room: %s', (status, takes) => {
  expect(takesRoom(container(status))).toBe(takes)
})

test('what is left is the budget less what takes room, and never less than nothing', () => {
  const model = new Model()
  model.containers.set('a', container('running'))
  model.containers.set('b', container('exited'))
  expect(freeBudget(model.world())).toEqual({ cpus: 6, memoryBytes: machine.budget.memoryBytes - 2 ** 30 })
  for (let number = 0; number < 9; number++) {
    model.containers.set(String(number), { ...container('running'), id: String(number) })
  }
  expect(freeBudget(model.world()).cpus).toBe(0)
})
