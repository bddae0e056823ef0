import type { Build } from '../contract.ts'

/** Which folders of which nodes are in use by builds, so that two builds of a job on one node do not share one. */
export interface Workspaces {
  /** A folder relative to the agent's root that is free on this node: `workspace/JOB`, else `workspace/JOB@2` and so on. */
  claim(node: string, job: string): string
  /** Takes a folder that the build had already, before the controller restarted. */
  reclaim(node: string, directory: string): void
  free(node: string, directory: string): void
}

export function createWorkspaces(): Workspaces {
  const used = new Set<string>()
  const key = (node: string, directory: string) => `${node}\n${directory}`
  const reclaim = (node: string, directory: string) => {
    used.add(key(node, directory))
  }
  return {
    claim: (node, job) => {
      let directory = `workspace/${job}`
      for (let n = 2; used.has(key(node, directory)); n++) directory = `workspace/${job}@${n}`
      reclaim(node, directory)
      return directory
    },
    reclaim,
    free: (node, directory) => {
      used.delete(key(node, directory))
    },
  }
}

export interface Place {
  node: string
  executor: number
  /** Relative to the agent's root. */
  directory: string
  /** The same, absolute. */
  workspace: string
}

/** The variables that Jenkins gives to every build. */
export function buildEnvironment(
  build: Build,
  rootUrl: string,
  place: Omit<Place, 'directory'>,
): Record<string, string> {
  const { job, number } = build
  const jobUrl = `${rootUrl}job/${job.split('/').map(encodeURIComponent).join('/job/')}/`
  return {
    BUILD_ID: String(number),
    BUILD_NUMBER: String(number),
    BUILD_DISPLAY_NAME: `#${number}`,
    BUILD_TAG: `jenkins-${job.replaceAll('/', '-')}-${number}`,
    BUILD_URL: `${jobUrl}${number}/`,
    EXECUTOR_NUMBER: String(place.executor),
    JENKINS_URL: rootUrl,
    JOB_NAME: job,
    JOB_URL: jobUrl,
    NODE_NAME: place.node,
    WORKSPACE: place.workspace,
  }
}
