import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import * as fc from 'fast-check'

/** Names as bytes (latin1): what people and attackers think of. */
const names = [
  'a',
  'b',
  '-rf',
  '--help',
  ' ',
  'new\nline',
  'tab\tbed',
  'back\\slash',
  '\\012',
  '*',
  '$(x)',
  'quo\'te"',
  '\xff\xfe',
  'ü',
  '.hidden',
  'x -> y',
  '\x01',
  '%s',
  'end 0',
  '...',
]

const path = fc
  .array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'))
const mode = fc.constantFrom(0o755, 0o700, 0o2775, 0o1777, 0o000, 0o4711, 0o644, 0o600, 0o555)
const owner = fc.constantFrom(0, 1000, 65_534, 4_000_000_000)

/** One thing that happens to a home. */
export const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('write' as const), path, bytes: fc.nat(20_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('sparse' as const), path, bytes: fc.nat(3_000_000) }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('disguise' as const), path }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('folder' as const), path }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('symlink' as const),
      path,
      to: fc.constantFrom('a', '/nowhere', '../..', 'x//y', '\xff', ' -> '),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('link' as const), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('move' as const), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('remove' as const), path }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('mode' as const), path, mode }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('owner' as const), path, uid: owner, gid: owner }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('time' as const),
      path,
      seconds: fc.double({ min: -1e9, max: 4e9, noNaN: true }),
    }),
  },
)

export type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

/** Does it, where it is possible. */
export function apply(folder: string, change: Change): void {
  const bytes = (path: string) => Buffer.from(`${folder}/${path}`, 'latin1')
  const path = bytes(change.path)
  try {
    act()
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
  }

  function act(): void {
    // What these do would happen to whatever a link leads to, and that may be outside.
    if (['write', 'sparse', 'disguise', 'mode'].includes(change.what) && isLink(path)) return
    switch (change.what) {
      case 'write':
        mkdirSync(bytes(change.path.replace(/[^/]*$/, '')), { recursive: true })
        return writeFileSync(path, randomBytes(change.bytes))
      case 'sparse':
        return sparse(path, change.bytes)
      case 'disguise':
        return disguise(path)
      case 'folder':
        return void mkdirSync(path, { recursive: true })
      case 'symlink':
        return symlinkSync(Buffer.from(change.to, 'latin1'), path)
      case 'link':
        return linkSync(path, bytes(change.to))
      case 'move':
        return renameSync(path, bytes(change.to))
      case 'remove':
        return rmSync(path, { recursive: true })
      case 'mode':
        return chmodSync(path, change.mode)
      case 'owner':
        return lchownSync(path, change.uid, change.gid)
      case 'time':
        return lutimesSync(path, change.seconds, change.seconds)
    }
  }
}

function isLink(path: Buffer): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

/** Other content of the same size and time: only the inode tells. */
function disguise(path: Buffer): void {
  const { size, atimeMs, mtimeMs } = lstatSync(path)
  writeFileSync(path, randomBytes(size), { flag: 'r+' })
  lutimesSync(path, atimeMs / 1000, mtimeMs / 1000)
}

function sparse(path: Buffer, bytes: number): void {
  const file = openSync(path, 'w')
  ftruncateSync(file, bytes)
  writeSync(file, 'end')
  closeSync(file)
}
