import { fits, formatSizeLabel, largest, parseSizeLabel } from '../labels/size.ts'
import type { Size, SlotPlan, Template } from '../world.ts'

export interface LikeOptions {
  slot: string
  /** Labels that the node carries, or that its twin does. None: anything will do. */
  labels: readonly string[]
  templates: readonly Template[]
  available: Size
}

/**
 * The plan for a node that has to be like one which exists: for a build that waits for a node by name, and for one that
 * lost its container. Undefined when no template makes such a container, or none fits into what is available.
 */
export function planLike({ slot, labels, templates, available }: LikeOptions): SlotPlan | undefined {
  const wanted = labels.map(parseSizeLabel).filter((size) => size !== undefined)
  const features = labels.filter((label) => !parseSizeLabel(label))
  const candidates = templates
    .filter((template) => features.every((feature) => template.features.includes(feature)))
    .map((template) => ({ template, size: wanted.length > 0 ? largest(...wanted) : template.size }))
    .filter(({ template, size }) => fits(size, template.max) && fits(size, available))
    .sort((a, b) => a.size.memoryBytes - b.size.memoryBytes || a.size.cpus - b.size.cpus)
  const [best] = candidates
  if (!best) return undefined
  const { template, size } = best
  const sizeLabels = labels.filter((label) => parseSizeLabel(label))
  const nodeLabels = [...new Set([...template.features, ...sizeLabels, formatSizeLabel(size)])]
  return { slot, template: template.name, size, nodeLabels }
}
