import { systemClock } from '../../clock.ts'
import type { ContainerHost } from '../../container-host.ts'
import { RemoteError } from '../../errors.ts'
import { exitStatus, madeId, runState } from './answers.ts'
import type { EngineApi } from './api.ts'
import { inspectContainer } from './looks.ts'
import { containerPath, short } from './names.ts'

const removalPauseMs = 200

/** Containers from create to remove. */
export function lifeCalls(
  api: EngineApi,
): Pick<ContainerHost, 'create' | 'rename' | 'setRestartPolicy' | 'start' | 'stop' | 'remove' | 'wait'> {
  return {
    async create(name, body, signal) {
      const question = { doing: `create the container ${name}`, signal, ms: api.longMs }
      const request = { method: 'POST', path: '/containers/create', query: { name }, body } as const
      return api.asker.read(madeId, await api.json(question, request))
    },

    async rename(container, name, signal) {
      const question = { doing: `rename the container ${short(container)} to ${name}`, signal }
      await api.json(question, {
        method: 'POST',
        path: `${containerPath(container)}/rename`,
        query: { name },
      })
    },

    async setRestartPolicy(container, { Name, MaximumRetryCount }, signal) {
      const question = { doing: `set the restart policy of the container ${short(container)}`, signal }
      // To the engine an empty name means "as it is".
      const RestartPolicy = { Name: Name || 'no', MaximumRetryCount }
      await api.json(question, {
        method: 'POST',
        path: `${containerPath(container)}/update`,
        body: { RestartPolicy },
      })
    },

    async start(container, signal) {
      const question = { doing: `start the container ${short(container)}`, signal, ms: api.longMs }
      await api.json(question, { method: 'POST', path: `${containerPath(container)}/start` }, [304])
    },

    async stop(container, graceSeconds, signal) {
      const ms = graceSeconds * 1000 + api.longMs
      const question = { doing: `stop the container ${short(container)}`, signal, ms }
      const request = {
        method: 'POST',
        path: `${containerPath(container)}/stop`,
        query: { t: graceSeconds },
      } as const
      await api.json(question, request, [304, 404])
    },

    async remove(container, { volumes = false } = {}, signal) {
      const question = { doing: `remove the container ${short(container)}`, signal, ms: api.longMs }
      const request = {
        method: 'DELETE',
        path: containerPath(container),
        query: { force: true, v: volumes },
      } as const
      const giveUpAt = performance.now() + api.longMs
      for (;;) {
        try {
          await api.json(question, request, [404])
          return
        } catch (error) {
          // Somebody else is removing it at this moment.
          if (!isConflict(error) || performance.now() > giveUpAt) throw error
        }
        await systemClock.sleep(removalPauseMs, signal)
      }
    },

    async wait(container, signal) {
      const question = { doing: `wait for the container ${short(container)}`, signal, ms: api.longMs }
      for (;;) {
        const found = await inspectContainer(api, container, signal)
        if (!found) throw gone(container)
        const { Running, Status, ExitCode } = api.asker.read(runState, found.State)
        if (!Running && Status !== 'created') return ExitCode
        try {
          const request = {
            method: 'POST',
            path: `${containerPath(container)}/wait`,
            // For one that was made but not started the engine would not wait at all.
            query: { condition: Running ? 'not-running' : 'next-exit' },
          } as const
          return api.asker.read(exitStatus, await api.json(question, request))
        } catch (error) {
          if (!isTimeout(error)) throw error
        }
      }
    },
  }
}

function gone(container: string): RemoteError {
  return new RemoteError('not-found', `cannot wait for the container ${short(container)}: it is gone`)
}

function isConflict(error: unknown): boolean {
  return error instanceof RemoteError && error.failure === 'conflict'
}

function isTimeout(error: unknown): boolean {
  return error instanceof RemoteError && error.failure === 'timeout'
}
