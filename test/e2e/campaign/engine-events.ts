import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'

/** What happened to a container, as `docker events` tells it the moment it happens. */
export type EngineEvent = z.output<typeof eventSchema>

const eventSchema = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
})

export interface EngineEvents {
  /** Returns how to stop listening. */
  on(listener: (event: EngineEvent) => void): () => void
  close(): void
}

/** Listens to the engine about all containers that carry the label. */
export function engineEvents(label: string): EngineEvents {
  const filters = ['--filter', 'type=container', '--filter', `label=${label}`]
  const child = spawn('docker', ['events', '--format', '{{json .}}', ...filters], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const listeners = new Set<(event: EngineEvent) => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = eventSchema.parse(JSON.parse(line))
    for (const listener of [...listeners]) listener(event)
  })
  return {
    on: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => void child.kill(),
  }
}
