import type { ContainerHost, JsonObject } from '../../core/container-host.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { labels } from './names.ts'

export interface Made {
  controller: string
  transaction: string
  /** It stands for an old container that is gone. */
  remade?: boolean
}

/**
 * Creates a container by its recipe, connected to its networks, without starting it; returns its id. Its labels tell whose it is. Never with a
 * restart policy, which would start it behind our back: that comes when it has proved good.
 */
export async function make(
  host: ContainerHost,
  { name, body, connect }: Recipe,
  { controller, transaction, remade = false }: Made,
): Promise<string> {
  const id = await host.create(name, {
    ...body,
    Labels: {
      ...(body.Labels as JsonObject | undefined),
      [labels.controller]: controller,
      [labels.role]: 'controller',
      [remade ? labels.remade : labels.transaction]: transaction,
    },
    HostConfig: {
      ...(body.HostConfig as JsonObject | undefined),
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    },
  })
  for (const { network, endpoint } of connect) await host.connect(network, id, endpoint)
  return id
}
