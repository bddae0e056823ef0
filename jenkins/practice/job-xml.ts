import type { JobDefinition } from './contract.ts'
import { parsePipeline } from './pipeline.ts'
import { childOf, element, parseXml, renderXml, textOf, type XmlElement } from './xml.ts'

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

/** A job in few words. */
export type JobSpec =
  | { kind: 'freestyle'; label?: string; scripts: readonly string[]; concurrent?: boolean }
  | { kind: 'pipeline'; script: string; concurrent?: boolean }

/** The XML that POST /createItem wants for it. */
export function renderJobXml(spec: JobSpec): string {
  if (spec.kind === 'pipeline') {
    const ban = 'org.jenkinsci.plugins.workflow.job.properties.DisableConcurrentBuildsJobProperty'
    const flow = [element('script', spec.script), element('sandbox', 'true')]
    return renderXml(
      element('flow-definition', [
        element('properties', spec.concurrent === false ? [element(ban)] : []),
        element('definition', flow, { class: 'org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition' }),
      ]),
    )
  }
  const shell = (script: string) => element('hudson.tasks.Shell', [element('command', script)])
  return renderXml(
    element('project', [
      ...(spec.label ? [element('assignedNode', spec.label)] : []),
      element('canRoam', String(!spec.label)),
      element('concurrentBuild', String(spec.concurrent ?? false)),
      element('builders', spec.scripts.map(shell)),
    ]),
  )
}
