import { dirname } from 'node:path'

/** This folder and all above it, the nearest first. */
export function foldersAbove(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...foldersAbove(above)]
}
