import { readFileSync } from 'node:fs'
import { shippedFile } from '../../core/package.ts'

const parts = ['talk', 'rows', 'trees', 'backups']

/** The shell script that looks after a home, whole: for `bash -c` with a verb, the controller's name and arguments. */
export function homeScript(): string {
  return parts
    .map((name) => readFileSync(shippedFile(`templates/controller/home/${name}.sh`), 'utf8'))
    .join('\n')
}
