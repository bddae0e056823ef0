import { UserError } from '../../core/errors.ts'

/** The user and group by whom a container's processes run. */
export interface Owner {
  uid: number
  gid: number
}

/**
 * Who a container runs as, from the USER of its image: '', `1000`, `jenkins`, each also with `:group`. The image's
 * /etc/passwd is read only for a name. Throws UserError when it does not hold the name; the engine would not start
 * such a container either.
 */
export async function ownerOf(user: string, readPasswd: () => Promise<string | undefined>): Promise<Owner> {
  const [name = '', group = ''] = user.split(':')
  const groupId = /^\d+$/.test(group) ? Number(group) : undefined
  if (name === '') return { uid: 0, gid: groupId ?? 0 }
  if (/^\d+$/.test(name)) return { uid: Number(name), gid: groupId ?? 0 }
  const entry = findEntry((await readPasswd()) ?? '', name)
  if (!entry) {
    throw new UserError(`the image runs as user ${name}, but its /etc/passwd does not know that name`, {
      hint: 'build the image with a USER that exists in it, or with a numeric one',
    })
  }
  return { uid: entry.uid, gid: groupId ?? entry.gid }
}

/** A line of passwd(5): `name:password:uid:gid:…`. */
function findEntry(passwd: string, wanted: string): Owner | undefined {
  for (const line of passwd.split('\n')) {
    const [name, , uid = '', gid = ''] = line.split(':')
    if (name === wanted && /^\d+$/.test(uid) && /^\d+$/.test(gid))
      return { uid: Number(uid), gid: Number(gid) }
  }
  return undefined
}
