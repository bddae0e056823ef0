import type { JobDefinition } from './contract.ts'
import { parsePipeline } from './pipeline.ts'
import { childOf, parseXml, textOf, type XmlElement } from './xml.ts'

/**
 * Reads a job's config.xml: a freestyle `project` with shell steps, or a Pipeline whose script stands in it. Undefined for
 * anything else. Elements: jenkinsci/jenkins FreeStyleProject, hudson.tasks.Shell; workflow-cps-plugin CpsFlowDefinition.
 */
export function parseJobXml(xml: string): { definition: JobDefinition; concurrent: boolean } | undefined {
  const root = parseXml(xml)
  if (root?.name === 'project') {
    return {
      definition: { kind: 'freestyle', label: textOf(root, 'assignedNode') ?? '', scripts: shells(root) },
      concurrent: textOf(root, 'concurrentBuild') === 'true',
    }
  }
  if (root?.name !== 'flow-definition') return undefined
  const definition = childOf(root, 'definition')
  const script = (definition && textOf(definition, 'script')) ?? ''
  const properties = childOf(root, 'properties')?.children ?? []
  return {
    definition: { kind: 'pipeline', script, ...parsePipeline(script) },
    concurrent: !properties.some((property) => property.name.endsWith('.DisableConcurrentBuildsJobProperty')),
  }
}

function shells(root: XmlElement): string[] {
  const builders = childOf(root, 'builders')?.children ?? []
  return builders
    .filter((builder) => builder.name === 'hudson.tasks.Shell')
    .map((builder) => textOf(builder, 'command') ?? '')
}
