import { javaFor } from '../../jenkins/version.ts'

/** The Jenkins project's own agent image with the Java that a controller of this version needs. */
export function defaultImage(controllerVersion: string): string {
  return `jenkins/inbound-agent:jdk${javaFor(controllerVersion)}`
}
