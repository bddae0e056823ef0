/**
 * Names that a generated step may not have. A library variable hides the step of that name without a word, because
 * CpsScript looks for variables first; the rest are words of Groovy, which no script could call.
 * Source: jenkinsci/workflow-cps-plugin CpsScript.java and DSL.java; steps of the plugins that Pipelines commonly have.
 */
export const reservedNames: ReadonlySet<string> = new Set(
  `steps env params currentBuild scm docker pipeline node stage sh bat powershell pwsh echo error input retry timeout
  parallel load library libraryResource checkout git dir deleteDir pwd readFile writeFile fileExists stash unstash
  archiveArtifacts junit withEnv withCredentials wrap tool build mail sleep waitUntil catchError warnError unstable lock
  milestone properties script isUnix timestamps ansiColor cleanWs step readJSON writeJSON readYaml writeYaml findFiles
  sha1 tar untar zip unzip httpRequest emailext publishHTML getContext withContext archive unarchive isUnix
  usernamePassword string file sshUserPrivateKey sshagent withRegistry withDockerRegistry
  abstract as assert boolean break byte case catch char class const continue def default do double else enum extends
  false final finally float for goto if implements import in instanceof int interface long native new null package
  private protected public return short static strictfp super switch synchronized this threadsafe throw throws trait
  transient true try var void volatile while call`.split(/\s+/),
)
