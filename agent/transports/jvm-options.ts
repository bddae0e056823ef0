const mib = 2 ** 20

/**
 * A small JVM: the memory of the container is there for the build. Measured with remoting 3283 on Java 17, these
 * options take an idle agent from 99 to 82 MB. The heap is an eighth of the container, but enough to work with, and
 * never so much that a build has no room to grow; an agent that runs out of it ends, so that it is seen and
 * replaced.
 */
export function jvmOptions(memoryBytes: number): string[] {
  const heapMib = Math.min(512, Math.max(96, memoryBytes / 8 / mib), memoryBytes / 2 / mib)
  return [
    `-Xmx${Math.floor(heapMib)}m`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
  ]
}
