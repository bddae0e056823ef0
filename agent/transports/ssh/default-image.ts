import { javaFor } from '../../../jenkins/version.ts'

/** The Jenkins project's image with sshd, of which there is none with Java 17 any more (jenkinsci/docker-ssh-agent). */
export function defaultSshImage(controllerVersion: string): string {
  return `jenkins/ssh-agent:jdk${Math.max(21, javaFor(controllerVersion))}`
}
