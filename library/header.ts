/** The line that every generated file begins with: what made it, and where to change it instead. */
export function headerOf(version: string, about: string): string {
  return `${marker} ${version}: ${about}. Settings are in footman-library.yaml; what is changed here is overwritten.`
}

// In two pieces, so that this file is not taken for a generated one.
const marker = ['Generated', 'by footman'].join(' ')
