import type { LayerChange, RawContainer } from '../../core/container-host.ts'
import { findHome, homePathOf, isWithin } from './home-mount.ts'
import { asObject, asText } from './json.ts'
import { lostWithLayer } from './layer-changes.ts'
import type { Concern } from './recipe.ts'
import { tiedConcerns } from './tied-concerns.ts'

export interface ConcernParts {
  container: RawContainer
  /** Of its own layer. */
  changes: readonly LayerChange[]
  /** Other containers of the engine, which may be tied to this one. */
  others?: readonly RawContainer[]
}

/** What speaks against making this container again, or should be known before. Pure. */
export function concernsOf({ container, changes, others = [] }: ConcernParts): Concern[] {
  return [
    ...vanishing(container),
    ...homeless(container),
    ...governed(container),
    ...composed(container),
    ...mountsInHome(container),
    ...tiedConcerns(container, others),
    ...changedLayer(container, changes),
  ]
}

function vanishing({ HostConfig }: RawContainer): Concern[] {
  if (HostConfig.AutoRemove !== true) return []
  return [
    {
      severity: 'refuse',
      message: 'it was made with --rm: once stopped it is gone, and there is nothing to go back to',
      hint: 'make it again without --rm (footman jenkins up)',
    },
  ]
}

function homeless(container: RawContainer): Concern[] {
  const finding = findHome(container)
  if ('home' in finding) return []
  return [{ severity: 'refuse', message: finding.problem, hint: finding.hint }]
}

/** Labels that orchestrators put on their containers, with what to do instead. */
const governors = [
  {
    label: 'com.docker.swarm.service.name',
    kind: 'Swarm service',
    cure: (name: string) => `let Swarm do it: docker service update --image … ${name}`,
  },
  {
    label: 'io.kubernetes.pod.name',
    kind: 'Kubernetes pod',
    cure: () => 'let Kubernetes do it: change the image in its manifest or Helm values',
  },
]

function governed({ Config }: RawContainer): Concern[] {
  const labels = asObject(Config.Labels)
  return governors.flatMap(({ label, kind, cure }): Concern[] => {
    const name = asText(labels[label])
    if (!name) return []
    const message = `it belongs to the ${kind} ${name}, which would put another one in its place`
    return [{ severity: 'refuse', message, hint: cure(name) }]
  })
}

function composed({ Config }: RawContainer): Concern[] {
  const labels = asObject(Config.Labels)
  const project = asText(labels['com.docker.compose.project'])
  if (!project) return []
  const file = asText(labels['com.docker.compose.project.config_files']) || 'its compose file'
  return [
    {
      severity: 'warn',
      message: `it was made by docker compose (project ${project}), which keeps to what ${file} says`,
      hint: `name the same image in ${file}; docker compose up makes the container again, also in the middle of an upgrade`,
    },
  ]
}

function mountsInHome(container: RawContainer): Concern[] {
  const home = homePathOf(container)
  const inside = container.Mounts.map(({ Destination }) => asText(Destination)).filter(
    (path) => path !== home && isWithin(path, home),
  )
  return inside.map((path) => ({
    severity: 'warn',
    message: `${path} is a mount of its own: backups do not hold it, and nothing of it is undone`,
    hint: 'fine for workspaces and caches; back up anything else there by yourself',
  }))
}

const shown = 10

function changedLayer(container: RawContainer, changes: readonly LayerChange[]): Concern[] {
  const lost = lostWithLayer(container, changes)
  if (lost.length === 0) return []
  const list = lost.slice(0, shown).map(({ path, kind }) => `${path} (${kind})`)
  const more = lost.length > shown ? ` and ${lost.length - shown} more` : ''
  return [
    {
      severity: 'warn',
      message: `the new container starts without what was changed inside the old one: ${list.join(', ')}${more}`,
      hint: 'put it into the image, or mount it; until it is pruned, the old container still has it (docker cp)',
    },
  ]
}
