/** config.xml of a freestyle job with one shell step; jenkinsci/jenkins FreeStyleProject and hudson.tasks.Shell. */
export function freestyleJob(label: string, script: string): string {
  return [
    `<?xml version='1.1' encoding='UTF-8'?>`,
    '<project>',
    '  <keepDependencies>false</keepDependencies>',
    '  <properties/>',
    '  <scm class="hudson.scm.NullSCM"/>',
    `  <assignedNode>${escapeXml(label)}</assignedNode>`,
    '  <canRoam>false</canRoam>',
    '  <disabled>false</disabled>',
    '  <triggers/>',
    '  <concurrentBuild>false</concurrentBuild>',
    '  <builders>',
    `    <hudson.tasks.Shell><command>${escapeXml(script)}</command></hudson.tasks.Shell>`,
    '  </builders>',
    '  <publishers/>',
    '  <buildWrappers/>',
    '</project>',
  ].join('\n')
}

/** config.xml of a Pipeline job whose script stands in it; workflow-cps-plugin CpsFlowDefinition. */
export function pipelineJob(script: string): string {
  return [
    `<?xml version='1.1' encoding='UTF-8'?>`,
    '<flow-definition plugin="workflow-job">',
    '  <keepDependencies>false</keepDependencies>',
    '  <properties/>',
    '  <definition class="org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition" plugin="workflow-cps">',
    `    <script>${escapeXml(script)}</script>`,
    '    <sandbox>true</sandbox>',
    '  </definition>',
    '  <triggers/>',
    '  <disabled>false</disabled>',
    '</flow-definition>',
  ].join('\n')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
