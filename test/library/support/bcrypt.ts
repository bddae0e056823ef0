import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A password as htpasswd files of docker-registry hold it. libxcrypt, which perl uses, knows bcrypt. */
export async function bcrypt(password: string): Promise<string> {
  const script = 'print crypt($ARGV[0], q($2y$05$abcdefghijklmnopqrstuu))'
  return (await run('perl', ['-e', script, password])).stdout
}
